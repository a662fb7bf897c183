package api

import (
	"net/http"
	"net/url"
	"strconv"
)

// Page sizes (rescale-api.md §2.2). A larger wish is cut to the maximum; limit and offset mean nothing.
const (
	defaultPageSize = 10
	maxPageSize     = 1000
)

// paged answers with one page of the items. render is called for the items of that page only.
func paged[T any](r *Request, items []T, render func(T) any) (Answer, error) {
	query := r.URL.Query()
	size, number := pageSize(query), 1
	if text := query.Get("page"); text != "" {
		var err error
		if number, err = strconv.Atoi(text); err != nil {
			number = 0
		}
	}
	pages := max(1, (len(items)+size-1)/size)
	if number < 1 || number > pages {
		return Answer{}, Refuse(http.StatusNotFound, "Invalid page.")
	}
	page := items[(number-1)*size : min(number*size, len(items))]
	results := make([]any, len(page))
	for i, item := range page {
		results[i] = render(item)
	}
	out := map[string]any{"count": len(items), "previous": nil, "next": nil, "results": results}
	if number > 1 {
		out["previous"] = pageURL(r, query, number-1)
	}
	if number < pages {
		out["next"] = pageURL(r, query, number+1)
	}
	return ok(out)
}

func pageSize(query url.Values) int {
	size, err := strconv.Atoi(query.Get("page_size"))
	if err != nil || size < 1 {
		return defaultPageSize
	}
	return min(size, maxPageSize)
}

func pageURL(r *Request, query url.Values, number int) string {
	query.Set("page", strconv.Itoa(number))
	if number == 1 {
		query.Del("page")
	}
	link := r.Base + r.URL.Path
	if text := query.Encode(); text != "" {
		link += "?" + text
	}
	return link
}

func same[T any](item T) any { return item }
