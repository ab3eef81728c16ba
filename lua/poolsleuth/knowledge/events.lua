-- events.lua - events that speak of the pools, by their id.
--   provider  a part of the provider's name, in lower case; another provider's event of that id is another
--   pool      the pool that was short;  means: "exhausted", "short", "limit", or "start" of a what

return {
  { name = "2019", provider = "srv", pool = "nonpaged", means = "exhausted",
    text = "the server could not allocate from nonpaged pool because it was empty",
    source = "Microsoft documentation, event ID 2019", confidence = "high" },
  { name = "2020", provider = "srv", pool = "paged", means = "exhausted",
    text = "the server could not allocate from paged pool because it was empty",
    source = "Microsoft documentation, event ID 2020", confidence = "high" },
  { name = "2021", provider = "srv", pool = "nonpaged", means = "limit",
    text = "the server could not create a work item: MaxWorkItems may be reached",
    source = "Microsoft KB317249", confidence = "medium" },
  { name = "2022", provider = "srv", pool = "nonpaged", means = "limit",
    text = "the server could not find a free connection", source = "Microsoft KB317249",
    confidence = "medium" },
  { name = "2004", provider = "resource-exhaustion", means = "short",
    text = "Windows noticed that virtual memory runs low, and names the processes that take most",
    source = "Microsoft documentation, Resource Exhaustion Detector", confidence = "medium" },
  { name = "333", provider = "popup", pool = "paged", means = "short",
    text = "a registry operation failed for lack of memory or disk",
    source = "Microsoft documentation, event ID 333", confidence = "medium" },
  { name = "4688", provider = "security-auditing", means = "start", what = "process",
    text = "a process was started", source = "Microsoft documentation, event ID 4688", confidence = "high" },
}
