package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// CoreType is a kind of hardware with its prices.
type CoreType struct {
	Code             string   `json:"code"`
	Name             string   `json:"name"`
	Processor        string   `json:"processor,omitempty"`
	CoresPerSlot     []int    `json:"coresPerSlot"`   // sizes of its machines
	GPUs             []int    `json:"gpus,omitempty"` // beside CoresPerSlot; left out without GPUs
	MemoryPerCore    int      `json:"memoryPerCoreMB,omitempty"`
	Price            *float64 `json:"price"`        // USD per core-hour on demand; null when the platform hides it
	EconomyPrice     *float64 `json:"economyPrice"` // USD per core-hour
	WalltimeRequired bool     `json:"walltimeRequired"`
	Retired          bool     `json:"retired"`         // jobs with it are refused
	MustBeRequested  bool     `json:"mustBeRequested"` // not usable until Rescale grants it
}

// CoreTypes is hardware, the cheapest first and what is retired last.
type CoreTypes struct {
	List   []CoreType
	filter filter
}

func readCoreTypes(ctx context.Context, p Offer, word string) (CoreTypes, error) {
	all, err := Hardware(ctx, p)
	out := CoreTypes{filter: filter(word)}
	for _, t := range all {
		if out.filter.keeps(t.Code, t.Name) {
			out.List = append(out.List, t)
		}
	}
	return out, err
}

// Hardware is all core types, the cheapest first and what is retired last. It asks for the
// price list only when core types lack prices, as many do where an administrator hides
// them (rescale-api.md §5, A13).
func Hardware(ctx context.Context, p Pricer) ([]CoreType, error) {
	types, err := p.CoreTypes(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the platform's core types: %w", err)
	}
	var prices []rescale.Price
	if slices.ContainsFunc(types, unpriced) {
		if prices, err = p.ComputePrices(ctx); err != nil && !withheld(err) {
			return nil, fmt.Errorf("reading the platform's prices: %w", err)
		}
	}
	var list []CoreType
	for _, t := range types {
		list = append(list, coreType(t, prices))
	}
	slices.SortStableFunc(list, func(a, b CoreType) int {
		return cmp.Or(later(a.Retired, b.Retired), later(a.MustBeRequested, b.MustBeRequested), cheaper(a.Price, b.Price), cmp.Compare(a.Code, b.Code))
	})
	return list, nil
}

func unpriced(t rescale.CoreType) bool {
	return !retired(t) && (t.Price == 0 || t.LowPriorityPrice == 0)
}

func retired(t rescale.CoreType) bool { return t.Deprecated || !t.Active }

// withheld is the platform's no to somebody who may not see prices. Unknown prices are
// shown as such; any other trouble is an error.
func withheld(err error) bool {
	var refused *rescale.Error
	return errors.As(err, &refused) && (refused.Status == http.StatusForbidden || refused.Status == http.StatusNotFound)
}

func coreType(t rescale.CoreType, prices []rescale.Price) CoreType {
	out := CoreType{
		Code: t.Code, Name: t.Name, Processor: t.Processor, CoresPerSlot: append([]int{}, t.Cores...),
		MemoryPerCore: t.Memory, WalltimeRequired: t.WalltimeRequired, Retired: retired(t), MustBeRequested: t.MustBeRequested,
		Price:        known(resolver.Price(t, prices, spec.OnDemand)),
		EconomyPrice: known(resolver.Price(t, prices, spec.Economy)),
	}
	if slices.ContainsFunc(t.GPUCounts, func(n int) bool { return n > 0 }) {
		out.GPUs = t.GPUCounts
	}
	return out
}

// known is a price that the platform names.
func known(price float64) *float64 {
	if price <= 0 {
		return nil
	}
	return &price
}

// later orders what is so behind what is not.
func later(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// cheaper orders by price, the unknown ones last.
func cheaper(a, b *float64) int {
	if a == nil || b == nil {
		return later(a == nil, b == nil)
	}
	return cmp.Compare(*a, *b)
}

// Text writes one line for each core type.
func (c CoreTypes) Text(w io.Writer) {
	if len(c.List) == 0 {
		c.filter.none(w, "core type", "coretypes")
		return
	}
	var rows [][]string
	for _, t := range c.List {
		rows = append(rows, []string{t.Code, orDash(t.Name), numbers(t.CoresPerSlot), memory(t.MemoryPerCore), numbers(t.GPUs), price(t.Price), price(t.EconomyPrice), t.notes()})
	}
	table(w, "CODE|NAME|CORES PER SLOT|MEMORY PER CORE|GPUS|USD PER CORE-HOUR|ECONOMY|", rows)
}

// notes is what keeps a core type from being used just so.
func (t CoreType) notes() string {
	var words []string
	if t.Retired {
		words = append(words, "retired")
	}
	if t.MustBeRequested {
		words = append(words, "on request")
	}
	if t.WalltimeRequired {
		words = append(words, "needs a walltime")
	}
	return strings.Join(words, ", ")
}

func numbers(list []int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	return orDash(strings.Join(words, ","))
}

func memory(mb int) string {
	if mb == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f GB", float64(mb)/1000)
}

func price(usd *float64) string {
	if usd == nil {
		return "-"
	}
	return humanize.Price(*usd)
}

// JSON writes {"formatVersion", "coreTypes": […]}.
func (c CoreTypes) JSON(w io.Writer) error {
	return show.WriteJSON(w, struct {
		FormatVersion int        `json:"formatVersion"`
		CoreTypes     []CoreType `json:"coreTypes"`
	}{show.FormatVersion, append([]CoreType{}, c.List...)})
}
