package arch

import "testing"

func TestCheckContexts(t *testing.T) {
	t.Parallel()
	const head = "package spec\nimport (\n\t\"context\"\n\t\"golang.org/x/sync/errgroup\"\n)\n"
	run(t, map[string]example{
		"a group's context after its end": {
			find: checkGroupContexts,
			files: one("spec/a.go", head+`func f(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return ask(ctx) })
	if err := group.Wait(); err != nil {
		return err
	}
	return ask(ctx)
}
`),
			want: []string{"spec/a.go:12: ctx is the context of group group, which Wait has cancelled; give it a name of its own"},
		},
		"a group of a struct": {
			find: checkGroupContexts,
			files: one("spec/a.go", head+`func (s *S) f(ctx context.Context) error {
	var inside context.Context
	s.group, inside = errgroup.WithContext(ctx)
	return errors.Join(s.group.Wait(), ask(inside))
}
`),
			want: []string{"spec/a.go:9: inside is the context of group s.group, which Wait has cancelled; give it a name of its own"},
		},
		"a group's context until its end": {find: checkGroupContexts, files: one("spec/a.go", head+`func f(ctx context.Context) error {
	group, inside := errgroup.WithContext(ctx)
	group.Go(func() error { return ask(inside) })
	return errors.Join(group.Wait(), ask(ctx))
}
`)},
		"fakes": {
			find: checkFakes,
			files: one("spec/a_test.go", head+`func (f fake) A(context.Context) error { return nil }
func (f fake) B(_ context.Context, n int) (int, error) { return n, nil }
func (f fake) C(ctx context.Context) error { return nil }
func (f fake) D(ctx context.Context) error { return ctx.Err() }
func (f fake) E(ctx context.Context) int { return 1 }
func helper(_ context.Context) error { return nil }
`),
			want: []string{
				"spec/a_test.go:6: A does not look at its context; return ctx.Err() when it is over, as the real one does",
				"spec/a_test.go:7: B does not look at its context; return ctx.Err() when it is over, as the real one does",
				"spec/a_test.go:8: C does not look at its context; return ctx.Err() when it is over, as the real one does",
			},
		},
	})
}
