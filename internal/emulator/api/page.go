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
	maxRunsPage     = 2000 // the platform's own example asks for 1848 runs and counts them on one page
)

// paged answers with one page of the items. render is called for the items of that page only.
func paged[T any](r *Request, items []T, render func(T) any) (Answer, error) {
	return pagedBy(r, items, maxPageSize, render)
}

// pagedBy is paged with another maximum.
func pagedBy[T any](r *Request, items []T, limit int, render func(T) any) (Answer, error) {
	query := r.URL.Query()
	size, number := min(pageSize(query), limit), 1
	pages := max(1, (len(items)+size-1)/size)
	switch text := query.Get("page"); text {
	case "":
	case "last":
		number = pages
	default:
		number, _ = strconv.Atoi(text) // 0 is no page
	}
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
	return size
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
