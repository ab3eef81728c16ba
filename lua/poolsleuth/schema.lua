--- The shapes of the JSON documents: which fields each kind has, in which order.
-- Fields may be added, never renamed.  A field that is nil in Lua is null in JSON.
-- @module poolsleuth.schema
local json = require "poolsleuth.json"

local object, list = json.object, json.list
local U64 <const>, ADDRESS <const> = json.UNSIGNED, json.ADDRESS

local schema = {}

local problem = object "source severity line offset text quote"

local row = object([[
  tag tag_hex pool session allocs frees diff bytes per_alloc delta_allocs delta_frees delta_bytes flags
  note line owner]], { allocs = U64, frees = U64, per_alloc = U64, flags = list() })

local memory = object [[
  physical_bytes available_bytes commit_bytes commit_limit_bytes commit_peak_bytes
  nonpaged_bytes paged_bytes nonpaged_limit_bytes paged_limit_bytes]]

local coverage = object "pool rows_bytes total_bytes ratio"

local snapshot = object("time time_source host uptime_s source origin scope lines memory coverage totals "
  .. "owners rows", {
  lines = list(), memory = memory, coverage = list(coverage),
  totals = object "rows nonpaged_bytes paged_bytes nonpaged_diff paged_diff",
  owners = list(object("owner source rows nonpaged_bytes paged_bytes tags", { tags = list() })),
  rows = list(row),
})

local diff = object("before after interval_s interval_source reboot rows", {
  before = object "source time line", after = object "source time line",
  rows = list(object [[
    tag tag_hex pool session d_allocs d_frees d_diff d_bytes bytes_per_hour freed_ratio state]]),
})

local site = object([[
  tag tag_hex api role rva function pool pool_flags size argument confidence reason template detail via
  library reachable]],
  { rva = ADDRESS, ["function"] = ADDRESS, pool_flags = ADDRESS, size = U64, via = list(ADDRESS) })

local driver = object([[
  path paths sha256 sha1 md5 pe_sha1 pe_sha256 imphash machine timestamp reproducible checksum
  checksum_computed image_size image_base entry_rva subsystem file_size entropy guard_flags overlay_offset
  overlay_size version version_strings pdb rich signature signatures imports exports resources sections tags
  site_count sites sites_supported kmdf packed looked_up leads loaded problems]], {
  paths = list(), tags = list(), looked_up = list(), kmdf = object "major minor",
  leads = list(object("kind api tags text", { tags = list() })),
  checksum = ADDRESS, checksum_computed = ADDRESS, image_base = ADDRESS, entry_rva = ADDRESS,
  guard_flags = ADDRESS, overlay_offset = ADDRESS,
  version = object [[
    company product description file_version product_version original_name internal_name copyright]],
  version_strings = list(object "language codepage key value"),
  pdb = object "path guid age",
  rich = object("key intact entries", { key = ADDRESS, entries = list(object "product build count") }),
  signatures = list(object([[
    source status signer issuer digest time reason algorithm computed serial time_source time_signer usages
    chain program catalog pages pages_match]], {
    usages = list(), chain = list(object "subject issuer serial not_before not_after"),
  })),
  imports = list(object("dll delayed names", { names = list() })),
  exports = list(object("name ordinal rva forward", { rva = ADDRESS })),
  resources = list(object("type name language rva size", { rva = ADDRESS })),
  sections = list(object("name rva virtual_size file_offset file_size flags entropy",
    { rva = ADDRESS, file_offset = ADDRESS, flags = ADDRESS })),
  sites = list(site),
  problems = list(problem),
})

local suspect = object("driver path file_version company signature score reasons", { reasons = list() })

-- The numbers that made the word of a series.
local statistics = object [[
  rule points z p correction tau drift_z drift_p persistence period early_bytes_per_hour late_bytes_per_hour
  floor_share windows windows_rising changed_after change_p step_fit bend_fit]]

local finding = object([[
  verdict tag tag_hex pool rate_bytes_per_hour rate_low rate_high freed_ratio share bytes suspects victims
  forecast facts evidence next confidence title host line statistics playbook also]], {
  also = list(object "playbook verdict"),
  suspects = list(suspect),
  statistics = statistics,
  facts = list(object "name value"),
  victims = list(),
  evidence = list(object "text source place"),
  next = list(object "text command undo"),
})

-- What several playbooks say together; null where a single one was asked.
local investigation = object("playbooks ruled_out contradictions open next", {
  playbooks = list(object "name summary state reason verdict"),
  ruled_out = list(object "playbook verdict tag tag_hex text"),
  contradictions = list(), open = list(object "playbook text"), next = list(object "text command undo"),
})

-- Which machine an answer is about; null where the snapshots are of one.
local machines = object("about asked others", { others = list(object "name snapshots verdict tag tag_hex") })

local chart = object("type title unit times lines bars marks limit band note", {
  times = list(), lines = list(object("name style dashed filled values", { values = list() })),
  bars = list(object "name value style text"), marks = list(object "time text"), limit = object "value text",
  band = object("line low high", { low = list(), high = list() }),
})

local accused = object([[
  driver path file_version company product description signature signer sha256 machine timestamp loaded score
  verdict tag tag_hex pool reasons site_count sites]], {
  reasons = list(),
  sites = list(object("tag tag_hex api rva function pool size confidence",
    { rva = ADDRESS, ["function"] = ADDRESS, size = U64 })),
})

local module = object([[
  name path base end size state unloaded altitude instances timestamp checksum version company display origin
  source line]], { base = ADDRESS, ["end"] = ADDRESS, checksum = ADDRESS })

local block = object([[
  address size previous_size tag tag_hex pool state protected marked caller caller_address note origin source
  line]], { address = ADDRESS, caller_address = ADDRESS, size = U64, previous_size = U64 })

local block_sums = list(object "tag tag_hex pool diff bytes")

local process = object([[
  time host id name user session handles threads nonpaged_bytes paged_bytes working_set_bytes page_file_bytes
  commit_bytes gdi_objects user_objects exited origin source line]])

-- What texts list besides, as their fields are named in C.
local items = {
  handles  = object "process pid type count host time origin source line",
  services = object [[
    name display_name type state start path group tag exit_code host time origin source line]],
  events   = object("time zoned level id provider log host text parameters origin source line",
    { parameters = list(object "name value") }),
  loggers  = object([[
    name type state id buffers buffer_bytes minimum maximum free_buffers buffers_written buffers_lost
    events_lost nonpaged_bytes paged_bytes mode file host time origin source line]]),
  hives    = object "path bytes volatile_bytes host time origin source line",
  marks    = object "time until reason pool count text host origin source line",
  files    = object([[
    path verified signed_at linked_at publisher company description product version product_version machine
    md5 sha1 sha256 imphash detections host time origin source line]]),
}

local verified = object([[
  driver state loads unloads nonpaged_allocs nonpaged_bytes paged_allocs paged_bytes peak_nonpaged_allocs
  peak_nonpaged_bytes peak_paged_allocs peak_paged_bytes leaked_allocs leaked_bytes origin source line]])

local symbol = object("module name address", { address = ADDRESS })

local in_memory = object("name path base end size timestamp checksum",
  { base = ADDRESS, ["end"] = ADDRESS, checksum = ADDRESS })

local of_word = {
  target = object([[
    path container bits machine build processors time uptime_s file_size expected_size present_pages
    announced_pages bugcheck symbols]], {
    bugcheck = object("code name parameters", { code = ADDRESS, parameters = list(ADDRESS) }),
    symbols = object "name guid age loaded",
  }),
  bugcheck = object("code name parameters meanings", { code = ADDRESS, parameters = list(ADDRESS),
    meanings = list() }),
  vm = memory, poolused = list(object([[
    tag tag_hex pool session allocs frees diff bytes per_alloc]],
    { allocs = U64, frees = U64, per_alloc = U64 })),
  modules = list(in_memory), unloaded = list(in_memory), module = in_memory,
  image = object([[
    name base machine wide timestamp checksum image_size entry_rva directories sections pdb]], {
    base = ADDRESS, checksum = ADDRESS, entry_rva = ADDRESS,
    directories = list(object("rva size", { rva = ADDRESS })),
    sections = list(object("name rva size flags", { rva = ADDRESS, flags = ADDRESS })),
    pdb = object "name guid age",
  }),
  symbols = list(symbol),
  imports = list(object("dll name ordinal slot target missing", { slot = ADDRESS, target = ADDRESS })),
  memory = list(object("address size read missing", { address = ADDRESS })),
  pointers = list(object("address value symbol", { address = ADDRESS, value = ADDRESS })),
  search = object("physical start searched missing more hits", {
    start = ADDRESS, hits = list(object("address symbol", { address = ADDRESS })) }),
  value = ADDRESS,
  translation = object("address physical page_size held entries missing", {
    address = ADDRESS, physical = ADDRESS, entries = list(object("address value",
      { address = ADDRESS, value = ADDRESS })) }),
  place = object("address module symbol tag tag_hex pool", { address = ADDRESS }),
  file = object "path size missing_pages discarded_pages rebuilt_imports",
  poolfind = list(object("address size previous_size tag tag_hex pool session state protected large",
    { address = ADDRESS })),
  pool = object("address pool whole broken blocks", { address = ADDRESS, blocks = list(block) }),
  walk = object "looked pages missing paged_out tables_missing everywhere stopped cut more",
  coverage = list(object "tag tag_hex pool count bytes counted counted_bytes"),
  owners = list(object("kind blocks sampled missing votes",
    { votes = list(object("module base blocks pointers", { base = ADDRESS })) })),
  processes = list(object([[
    address pid parent name handles nonpaged_bytes paged_bytes exited]], { address = ADDRESS })),
  types = list(object("name address tag tag_hex objects handles", { address = ADDRESS })),
  lines = list(),
}

-- One answer holds what its word tells and nothing of the others.
local WORDS <const> = "command word error target bugcheck vm poolused modules unloaded module image symbols "
  .. "imports memory pointers search value text translation place file poolfind pool walk coverage owners "
  .. "processes types"

local answer = object(WORDS .. " answers lines", of_word)
of_word.answers = list(object("module base command data", { base = ADDRESS, data = object(WORDS, of_word) }))

local forecast = object "limit_bytes hours low high basis source"

local pool_course = object([[
  pool verdict points first_bytes last_bytes limit_bytes room_bytes basis slope_bytes_per_hour low high z p
  certain forecast course]], { forecast = forecast, course = list() })

local trend_row = object([[
  tag tag_hex pool session verdict slope_bytes_per_hour low high z p freed_ratio monotone share forecast
  lockstep confidence points growth_bytes first_bytes last_bytes course statistics]],
  { forecast = forecast, lockstep = object "with with_hex ratio", course = list(), statistics = statistics })

local kinds = {
  dump      = object("path commands", { commands = list(answer) }),
  modules   = object("modules", { modules = list(module) }),
  blocks    = object("blocks tags", { blocks = list(block), tags = block_sums }),
  processes = object("processes", { processes = list(process) }),
  verifier  = object("drivers blocks tags", { drivers = list(verified), blocks = list(block),
                                              tags = block_sums }),
  snapshot  = snapshot,
  snapshots = object("snapshots", { snapshots = list(snapshot) }),
  diff      = diff,
  drivers   = object("drivers failures", { drivers = list(driver), failures = list(object "path message") }),
  ["driver-changes"] = object("pairs only_before only_after", {
    pairs = list(object("name before after identical changes unfreed", {
      before = object "path sha256 file_version timestamp sites",
      after = object "path sha256 file_version timestamp sites",
      changes = list(object "state tag tag_hex was was_hex reason api role sites_before sites_after"),
      unfreed = list(object [[
        tag tag_hex allocates_before allocates_after frees_before frees_after text]]),
    })),
    only_before = list(), only_after = list(),
  }),
  tagfile   = object("rows notes", { rows = list(object "tag tag_hex binary text"), notes = list() }),
  tag       = object("tags", { tags = list(object("tag tag_hex sources suspects", {
    sources = list(object "kind text where"),
    suspects = list(object("driver path file_version company score reasons", { reasons = list() })),
  })) }),
  verdict   = object("playbook complete findings investigation machines", {
    findings = list(finding), investigation = investigation, machines = machines,
  }),
  report    = object([[
    playbook generated headline verdict line period findings charts lockstep drivers driver_changes reasoning
    ruled_out investigation machines reproduce]], {
    investigation = investigation, machines = machines,
    driver_changes = list(object "driver time before after accused"),
    period = object "host snapshots from to span_s time_source",
    findings = list(finding), charts = list(chart), reasoning = list(), drivers = list(accused),
    lockstep = list(object [[
      tag tag_hex pool source_tag source_tag_hex ratio growth_bytes rate_bytes_per_hour freed_ratio]]),
    ruled_out = list(object "tag tag_hex pool verdict bytes growth_bytes text"),
  }),
  list      = object("scripts folders", {
    scripts = list(object("name kind summary categories origin path broken skipped shadows",
      { categories = list(), shadows = list() })),
    folders = list(object "path origin skipped"),
  }),
  help      = object("name kind summary about path usage arguments globals", {
    arguments = list(object("name flags type metavar required many default choices about",
      { flags = list(), choices = list() })),
    globals = list(object("name flags type metavar required many default choices about",
      { flags = list(), choices = list() })),
  }),
  tests     = object("scripts passed failed", {
    scripts = list(object("name path passed failed cases", { cases = list(object "name passed reason") })),
  }),
  problems  = object("files refused ambiguous flagged notes", {
    files = list(object("path kind encoding lines rows refused ambiguous flagged notes problems",
      { problems = list(object "severity line offset text quote") })),
  }),
  forecast  = object("host snapshots from to span_s time_source restarts verdict pools tags rows", {
    restarts = list(object "snapshot time"), pools = list(pool_course),
    rows = list(object([[
      what tag tag_hex pool slope_bytes_per_hour low high used_bytes limit_bytes room_bytes basis source
      confidence hours hours_low hours_high at at_low at_high milestones]], {
      milestones = list(object "text hours at") })),
  }),
  record    = object("history added known refused left time_sources hosts", {
    time_sources = list(object "name snapshots"),
    hosts = list(object "name added known first last drivers processes"),
  }),
  history   = object("history hosts actions", {
    hosts = list(object("name first last snapshots aliases", { aliases = list() })),
    actions = list(object([[
      action problems removed renamed size_before size_after added known columns rows text]], {
      problems = list(), renamed = list(), columns = list(), rows = list() })),
  }),
  correlation = object([[
    tag tag_hex pool host snapshots from to time_source growth_bytes slope_bytes_per_hour freed_ratio began
    tags processes drivers]], {
    tags = list(object "tag tag_hex pool ratio residual correlation steps lead_s growth_bytes freed_ratio"),
    processes = list(object "name id what ratio residual correlation steps lead_s growth"),
    drivers = list(object "name path time before after apart_s"),
  }),
  trend     = object("host snapshots from to span_s time_source restarts verdict pools tags rows all", {
    restarts = list(object "snapshot time"), pools = list(pool_course), rows = list(trend_row),
  }),
  collect   = object("name form folder interval_s count steps script", {
    steps = list(object("why lines", { lines = list() })),
  }),
  completion = object "shell text",
  manual    = object "name text",
  written   = object("files notes", { files = list(), notes = list() }),
}

for name, item in pairs(items) do kinds[name] = object(name, { [name] = list(item) }) end

--- The shape of a kind's data; false for a kind that no shape is known of.
-- @tparam string kind
-- @treturn table|boolean
function schema.of(kind)
  return kinds[kind] or false
end

--- The shape of the whole envelope.
-- @tparam string kind
-- @treturn table
function schema.envelope(kind)
  return object("schema tool complete inputs problems data", {
    tool = object "name version",
    inputs = list(object("path kind sha256 complete problems", { problems = list(problem) })),
    problems = list(problem),
    data = kinds[kind] or nil,
  })
end

return schema
