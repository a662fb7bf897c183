package schema

import (
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Sites are the places where values that are alike differ: the points of a matrix. What
// lies around them is checked once for all points.
type Sites []site

// site is the smallest part of a job that has one of the places in it and can be judged
// by itself.
type site struct {
	path   []string
	schema *jsonschema.Schema
}

// SitesOf returns the sites of places in a job in which Validate finds nothing. At each
// place is a text, a number or a bool.
func SitesOf(value any, places [][]string) Sites {
	c, err := loaderOf(value)()
	if err != nil {
		return nil
	}
	sites := make(Sites, 0, len(places))
	for _, path := range places {
		s := enclosing(c.schema, path)
		if !slices.ContainsFunc(sites, func(o site) bool { return o.schema == s.schema && slices.Equal(o.path, s.path) }) {
			sites = append(sites, s)
		}
	}
	return sites
}

// Hold reports whether Validate finds nothing in a value that differs at the places only.
func (s Sites) Hold(value any) bool {
	for _, at := range s {
		part, there := lookup(value, at.path)
		if !there || at.schema.Validate(part) != nil {
			return false
		}
	}
	return true
}

// enclosing goes down as long as a schema looks at its members one by one.
func enclosing(s *jsonschema.Schema, path []string) site {
	for depth, token := range path {
		for s.Ref != nil && separate(s) {
			s = s.Ref
		}
		next := member(s, token)
		if next == nil || !separate(s) {
			return site{path[:depth], s}
		}
		s = next
	}
	return site{path, s}
}

// separate reports whether a schema asks nothing of a mapping or list but which keys it
// has, and something of each member by itself. Equal items are not looked for.
func separate(s *jsonschema.Schema) bool {
	switch {
	case s.Not != nil, len(s.AllOf)+len(s.AnyOf)+len(s.OneOf) > 0, s.If != nil, s.RecursiveRef != nil, s.DynamicRef != nil,
		len(s.Constant)+len(s.Enum) > 0, len(s.PatternProperties)+len(s.Dependencies)+len(s.DependentSchemas) > 0,
		s.UnevaluatedProperties != nil, s.UnevaluatedItems != nil, s.Contains != nil, len(s.PrefixItems) > 0, s.Items != nil:
		return false
	}
	return true
}

// member returns the schema of a member; nil where there is none.
func member(s *jsonschema.Schema, token string) *jsonschema.Schema {
	if sub := s.Properties[token]; sub != nil {
		return sub
	}
	if _, err := strconv.Atoi(token); err == nil && s.Items2020 != nil {
		return s.Items2020
	}
	others, _ := s.AdditionalProperties.(*jsonschema.Schema)
	return others
}
