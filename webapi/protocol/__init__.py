"""What holds for every request: headers, caching, paging, problems."""
