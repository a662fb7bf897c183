package sge

import (
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/body"
	"github.com/rescale-apply/rescale-apply/internal/convert/jsontext"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/access"
)

// priority reads how the cores are billed; RESCALE_PRIORITY wins.
func (r *reader) priority() convert.Priority {
	low, isLow := r.one("RESCALE_LOW_PRIORITY")
	economy := isLow && slices.Contains([]string{"t", "true", "y", "yes", "on"}, strings.ToLower(low.value))
	d, given := r.one("RESCALE_PRIORITY")
	if !given {
		if economy {
			return convert.Economy
		}
		return ""
	}
	priority, known := map[string]convert.Priority{"INSTANT": "", "ON_DEMAND": convert.Economy, "RESERVED": convert.Reserved}[strings.ToUpper(d.value)]
	if !known {
		r.list.Add(d.at, diag.BadValue, "INSTANT, ON_DEMAND or RESERVED", "RESCALE_PRIORITY cannot be %q", diag.Short(d.value))
	}
	if isLow && economy != (priority == convert.Economy) {
		r.found.Warn(low.pos, "", "RESCALE_LOW_PRIORITY is left out: RESCALE_PRIORITY says otherwise, and counts")
	}
	return priority
}

// access reads who may log in. With = an empty network is not the same as none.
func (r *reader) access() (ssh convert.SSH) {
	for _, d := range r.directives {
		if d.name != "RESCALE_INBOUND_SSH_CIDR" || ssh.CIDR != nil && d.equals {
			continue
		}
		switch networks := items(d.value); {
		case len(networks) > 0:
			ssh.CIDR = networks
			for _, network := range networks {
				if hint := access.NetworkHint(network); hint != "" {
					r.list.Add(d.at, diag.BadValue, hint, "%s cannot hold %q", d.name, diag.Short(network))
				}
			}
		case d.equals:
			ssh.CIDR = []string{""}
		}
		r.unsent(d)
	}
	if d, ok := r.one("RESCALE_PUBLIC_KEY"); ok {
		if why, hint := access.KeyProblem(d.value); why != "" {
			r.found.Warn(d.at, hint, "RESCALE_PUBLIC_KEY is left out: %s", why)
			return ssh
		}
		ssh.PublicKey = d.value
		r.unsent(d)
	}
	return ssh
}

// unsent says what a client read and did not send.
func (r *reader) unsent(d directive) {
	if !d.equals && d.value != "" {
		r.found.Warn(d.pos, "", "Interlink up to 4.9.8 reads %s and does not send it; the manifest does", d.name)
	}
}

// license reads whose license the software takes, but for the servers.
func (r *reader) license(tile *convert.Tile) {
	var at diag.Position
	for _, d := range r.directives {
		if d.name != "USE_RESCALE_LICENSE" {
			continue
		}
		at = d.pos
		no := slices.Contains([]string{"false", "f", "no", "n", "off", "0"}, strings.ToLower(d.value))
		tile.License.Rescale = d.equals || d.bare || !no
		if d.equals && no {
			r.found.Warn(d.pos, "delete license: rescale if it takes none", "USE_RESCALE_LICENSE counts for rescale-cli, whatever stands behind =")
		}
	}
	seller, _ := r.one("RESCALE_ONDEMAND_LICENSE")
	tile.License.Seller = seller.value
	settings, _ := r.one("RESCALE_USER_DEFINED_LICENSE_SETTINGS")
	tile.License.FeatureSets = r.features(settings)
	switch l := tile.License; {
	case l.Rescale && l.Seller != "":
		r.list.Add(seller.pos, convert.NotSaid, "keep one of the two", "the license is Rescale's, line %d, and a seller's", at.Line)
	case len(l.FeatureSets) > 0 && (l.Rescale || l.Seller != ""):
		r.list.Add(settings.pos, convert.NotSaid, "keep one of the two", "license features are those of own servers, and the license is Rescale's or a seller's")
	}
}

// features reads the settings, also with closing brackets too many, as they occur.
func (r *reader) features(d directive) []convert.FeatureSet {
	if d.value == "" {
		return nil
	}
	value, rest, err := jsontext.First(d.at, d.value)
	if err != nil {
		r.list.Add(d.at, convert.JSONSyntax, `{"featureSets":[{"name":"USER_SPECIFIED","features":[{"name":"cfd_base","count":1}]}]}`, "%s is no JSON", d.name)
		return nil
	}
	if rest = strings.TrimSpace(rest); rest != "" {
		if strings.Trim(rest, "]} \t") != "" {
			r.list.Add(d.at, convert.JSONSyntax, "", "something follows the JSON of %s: %s", d.name, diag.Short(rest))
			return nil
		}
		r.found.Warn(d.at, "", "%s has brackets too many at its end: %s", d.name, diag.Short(rest))
	}
	sets, list := body.FeatureSets(&r.found, value)
	r.list = append(r.list, list...)
	return sets
}
