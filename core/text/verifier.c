/* verifier.c - what Driver Verifier counts: !verifier, verifier /query, a bug check at unload.
 *
 *    MODULE: 0x84226b28 acme.sys (Loaded)                    acme.sys (load: 1 / unload: 0)
 *    nt!_VF_TARGET_DRIVER 0xffffcb8438730e10: acme.sys (Loaded and Unloaded)
 *      Current Pool Allocations: ( 0x00000003 / 0x00000000 )
 *      0x982a8fe0  0x00000020  VMdl  0x9a3bf6ac  acme!Dispatch
 *
 *    Entry     State           NonPagedPool   PagedPool   Module
 *    8459ca50 Loaded           000000a0       00000854    acme.sys
 *    Current Pool Allocations  00000002    00000013
 *    fffff9800157efc0     0x0000003c     Acme      fffff88002c62963
 *
 *    Current nonpaged pool allocations      0x2 for 00000140 bytes      (of all drivers together)
 *
 *    Name: acme.sys, loads: 1, unloads: 0
 *    CurrentPagedPoolAllocations: 1
 *
 *    Arg1: 00000062, A driver has forgotten to free its pool allocations prior to unloading.
 *    Arg2: 00000a18, paged bytes,                                   (where Arg1 is 60)
 *    Arg4: 00000003, total # of (paged+nonpaged) allocations that weren't freed.
 */
#include "text/address.h"
#include "text/dialect.h"
#include "text/tags.h"

enum { SUMMARY_LINES = 4 };

typedef struct verifier {
    size_t current; /* the driver that values belong to, counted from 1; 0 before the first */
    bool options;   /* in the list of what is checked */
    bool hex;       /* numbers without 0x are hexadecimal */
    uint64_t summary[2 * SUMMARY_LINES]; /* of all drivers together */
    unsigned summed;                     /* which lines of it there are */
    ps_line summary_line;
} verifier;

PS_DIALECT_FITS(verifier);

static ps_verified *add_driver(verifier *table, ps_reading *reading, ps_span name,
                               const char *origin)
{
    ps_verified *verified = ps_add_verified(reading->text, &reading->line);

    table->options = false;
    if (verified == NULL)
        return NULL;
    table->current = reading->text->lists.verified_count;
    verified->origin = origin;
    verified->driver = ps_keep(reading->text, name);
    reading->text->row_line_count++;
    return verified;
}

static void set(const verifier *table, ps_reading *reading, ps_verified_field field, uint64_t value)
{
    if (table->current > 0)
        ps_verified_set(&reading->text->lists.verified[table->current - 1], field, value);
}

/* 0x1f, or 1f where numbers are hexadecimal anyway, or 31. */
static bool take_value(const verifier *table, ps_span *at, uint64_t *value)
{
    const bool marked = at->end - at->at > 2 && at->at[0] == '0' && (at->at[1] | 0x20) == 'x';

    ps_skip_blanks(at);
    return marked || table->hex ? ps_take_hex(at, value)
                                : ps_scan_unsigned(at, value) == PS_SCAN_OK;
}

/* --- the beginning of a driver ---------------------------------------------------------------- */

/* "Loaded)", "Unloaded)", "Loaded and Unloaded)" of one that was there and is gone */
static const char *state_of(ps_span at)
{
    const bool loaded = ps_take_text(&at, "Loaded") && !ps_take_text(&at, " and Unloaded");

    return loaded ? "loaded" : "unloaded";
}

/* "nt!_VF_TARGET_DRIVER 0xffffcb8438730e10: acme.sys (Loaded and Unloaded)" */
static bool target_line(verifier *table, ps_reading *reading)
{
    ps_span at = reading->body;
    ps_verified *verified;
    ps_span name, word;

    if (!ps_take_text(&at, "nt!_VF_TARGET_DRIVER "))
        return false;
    word = ps_next_word(&at);
    if (word.at == word.end || word.end[-1] != ':')
        return false;
    name = ps_next_word(&at);
    ps_skip_blanks(&at);
    if (name.at == name.end || !ps_take_text(&at, "("))
        return false;
    verified = add_driver(table, reading, name, "!verifier");
    if (verified != NULL)
        verified->state = state_of(at);
    table->hex = true;
    return true;
}

/* "acme.sys (Loaded)", "acme.sys (load: 1 / unload: 0)" */
static bool module_line(verifier *table, ps_reading *reading)
{
    ps_span at = reading->body;
    ps_span word, name;
    ps_verified *verified;
    uint64_t loads, unloads;

    if (!ps_take_text(&at, "MODULE:"))
        return target_line(table, reading);
    name = ps_next_word(&at);
    word = name;
    if (ps_take_text(&word, "0x"))
        name = ps_next_word(&at);
    ps_skip_blanks(&at);
    if (name.at == name.end || !ps_take_text(&at, "("))
        return false;
    if (ps_take_text(&at, "load:")) {
        table->hex = false;
        if (!take_value(table, &at, &loads))
            return false;
        ps_skip_blanks(&at);
        if (!ps_take_text(&at, "/ unload:") || !take_value(table, &at, &unloads))
            return false;
        (void)add_driver(table, reading, name, "verifier /query");
        set(table, reading, PS_VERIFIED_LOADS, loads);
        set(table, reading, PS_VERIFIED_UNLOADS, unloads);
        return true;
    }
    verified = add_driver(table, reading, name, "!verifier");
    if (verified != NULL)
        verified->state = state_of(at);
    table->hex = true;
    return true;
}

/* Name: acme.sys, loads: 1, unloads: 0 */
static bool name_line(verifier *table, ps_reading *reading)
{
    ps_span at = reading->body;
    ps_span name;
    uint64_t loads, unloads;

    if (!ps_take_text(&at, "Name:"))
        return false;
    ps_skip_blanks(&at);
    name.at = at.at;
    while (at.at < at.end && *at.at != ',')
        at.at++;
    name.end = at.at;
    table->hex = false;
    if (name.at == name.end || !ps_take_text(&at, ", loads:") || !take_value(table, &at, &loads) ||
        !ps_take_text(&at, ", unloads:") || !take_value(table, &at, &unloads))
        return false;
    (void)add_driver(table, reading, name, "verifier /query");
    set(table, reading, PS_VERIFIED_LOADS, loads);
    set(table, reading, PS_VERIFIED_UNLOADS, unloads);
    return true;
}

/* fffffa8003b6f670 Loaded   000000a0   00000854   acme.sys */
static bool entry_line(verifier *table, ps_reading *reading)
{
    ps_span at = reading->body;
    uint64_t address, nonpaged, paged;
    ps_verified *verified;
    ps_span state;

    if (!ps_take_address(&at, &address))
        return false;
    state = ps_next_word(&at);
    if (!ps_word_is(state, "Loaded") && !ps_word_is(state, "Unloaded"))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_address(&at, &nonpaged))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_address(&at, &paged))
        return false;
    at = ps_trim(at);
    if (at.at == at.end)
        return false;
    verified = add_driver(table, reading, at, "!verifier");
    if (verified != NULL)
        verified->state = ps_word_is(state, "Loaded") ? "loaded" : "unloaded";
    set(table, reading, PS_VERIFIED_NONPAGED_BYTES, nonpaged);
    set(table, reading, PS_VERIFIED_PAGED_BYTES, paged);
    table->hex = true;
    return true;
}

/* --- values ---------------------------------------------------------------------------------- */

static bool pair_line(const verifier *table, ps_reading *reading, bool *bad)
{
    static const struct {
        const char *key;
        ps_verified_field nonpaged, paged;
    } pairs[] = {
        {"Current Pool Allocations", PS_VERIFIED_NONPAGED_ALLOCS, PS_VERIFIED_PAGED_ALLOCS},
        {"Current Pool Bytes", PS_VERIFIED_NONPAGED_BYTES, PS_VERIFIED_PAGED_BYTES},
        {"Peak Pool Allocations", PS_VERIFIED_PEAK_NONPAGED_ALLOCS, PS_VERIFIED_PEAK_PAGED_ALLOCS},
        {"Peak Pool Bytes", PS_VERIFIED_PEAK_NONPAGED_BYTES, PS_VERIFIED_PEAK_PAGED_BYTES}};

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        ps_span at = reading->body;
        uint64_t nonpaged, paged;
        if (!ps_take_text(&at, pairs[i].key))
            continue;
        (void)ps_take_text(&at, ":");
        ps_skip_blanks(&at);
        (void)ps_take_text(&at, "(");
        ps_skip_blanks(&at);
        *bad = !take_value(table, &at, &nonpaged);
        ps_skip_blanks(&at);
        (void)ps_take_text(&at, "/");
        ps_skip_blanks(&at);
        *bad = *bad || !take_value(table, &at, &paged);
        if (*bad)
            return true;
        set(table, reading, pairs[i].nonpaged, nonpaged);
        set(table, reading, pairs[i].paged, paged);
        return true;
    }
    return false;
}

static const struct {
    const char *key;
    ps_verified_field allocs, bytes;
} summary_lines[SUMMARY_LINES] = {
    {"Current paged pool allocations", PS_VERIFIED_PAGED_ALLOCS, PS_VERIFIED_PAGED_BYTES},
    {"Current nonpaged pool allocations", PS_VERIFIED_NONPAGED_ALLOCS, PS_VERIFIED_NONPAGED_BYTES},
    {"Peak paged pool allocations", PS_VERIFIED_PEAK_PAGED_ALLOCS, PS_VERIFIED_PEAK_PAGED_BYTES},
    {"Peak nonpaged pool allocations", PS_VERIFIED_PEAK_NONPAGED_ALLOCS,
     PS_VERIFIED_PEAK_NONPAGED_BYTES}};

/* "Current nonpaged pool allocations   0x2 for 00000140 bytes" */
static bool summary_line(verifier *table, ps_reading *reading, bool *bad)
{
    for (unsigned i = 0; i < SUMMARY_LINES; i++) {
        ps_span at = reading->body;
        uint64_t *values = &table->summary[2 * (size_t)i];
        if (!ps_take_text(&at, summary_lines[i].key))
            continue;
        ps_skip_blanks(&at);
        *bad = !take_value(table, &at, &values[0]);
        ps_skip_blanks(&at);
        *bad = *bad || !ps_take_text(&at, "for ") || !ps_take_hex(&at, &values[1]) ||
               !ps_take_text(&at, " bytes");
        if (*bad)
            return true;
        if (table->summed == 0)
            table->summary_line = reading->line;
        table->summed |= 1U << i;
        return true;
    }
    return false;
}

/* Where no driver is listed, the sum of all is what there is. */
static void add_summary(verifier *table, ps_reading *reading)
{
    static const char all[] = "all verified drivers";

    if (table->current > 0 || table->summed == 0)
        return;
    reading->line = table->summary_line;
    (void)add_driver(table, reading, (ps_span){all, all + sizeof all - 1}, "!verifier");
    for (unsigned i = 0; i < SUMMARY_LINES; i++) {
        if ((table->summed >> i & 1U) == 0)
            continue;
        set(table, reading, summary_lines[i].allocs, table->summary[2 * (size_t)i]);
        set(table, reading, summary_lines[i].bytes, table->summary[2 * (size_t)i + 1]);
    }
}

static bool value_line(const verifier *table, ps_reading *reading, bool *bad)
{
    static const struct {
        const char *key;
        ps_verified_field field;
    } values[] = {{"CurrentPagedPoolAllocations:", PS_VERIFIED_PAGED_ALLOCS},
                  {"CurrentNonPagedPoolAllocations:", PS_VERIFIED_NONPAGED_ALLOCS},
                  {"PeakPagedPoolAllocations:", PS_VERIFIED_PEAK_PAGED_ALLOCS},
                  {"PeakNonPagedPoolAllocations:", PS_VERIFIED_PEAK_NONPAGED_ALLOCS},
                  {"PagedPoolUsageInBytes:", PS_VERIFIED_PAGED_BYTES},
                  {"NonPagedPoolUsageInBytes:", PS_VERIFIED_NONPAGED_BYTES},
                  {"PeakPagedPoolUsageInBytes:", PS_VERIFIED_PEAK_PAGED_BYTES},
                  {"PeakNonPagedPoolUsageInBytes:", PS_VERIFIED_PEAK_NONPAGED_BYTES}};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        ps_span at = reading->body;
        uint64_t value;
        if (!ps_take_text(&at, values[i].key))
            continue;
        *bad = !take_value(table, &at, &value) || at.at != at.end;
        if (!*bad)
            set(table, reading, values[i].field, value);
        return true;
    }
    return false;
}

/* Address, length, tag and caller of an allocation that is outstanding. */
static bool allocation_line(const verifier *table, ps_reading *reading)
{
    ps_span at = reading->body;
    uint64_t address, size, caller;
    ps_shown_tag tag;
    ps_block *block;
    ps_span four;

    if (!ps_take_address(&at, &address))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_hex(&at, &size))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_tag(&at, reading->text->encoding, &four) || at.at == at.end ||
        !ps_is_blank(*at.at) || !ps_read_tag(four, reading->text->encoding, &tag))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_address(&at, &caller))
        return false;
    block = ps_add_block(reading->text, &reading->line);
    if (block == NULL)
        return true;
    block->address = address;
    block->size = size;
    block->has_size = block->has_tag = true;
    block->tag = tag.tag;
    block->flags = tag.ambiguous ? PS_ROW_TAG_AMBIGUOUS : 0;
    block->state = PS_BLOCK_ALLOCATED;
    block->origin = "!verifier";
    block->caller_address = caller;
    at = ps_trim(at);
    if (table->current > 0)
        block->note = reading->text->lists.verified[table->current - 1].driver;
    block->caller = at.at < at.end ? ps_keep(reading->text, at) : block->note;
    reading->text->row_line_count++;
    return true;
}

/* --- what else stands in it ------------------------------------------------------------------- */

static bool begins_report(ps_span body)
{
    static const char *const lines[] = {"Verify Level ", "Verify Flags Level ",
                                        "Summary of All Verifier Statistics", "Verified drivers:"};

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (ps_take_text(&body, lines[i]))
            return true;
    (void)ps_take_text(&body, "## ");
    return ps_word_is(body, "Driver Verification List");
}

/* "Pool Allocations Attempted   0x7b058", "RaiseIrqls: 0": over all drivers. */
static bool is_total(ps_span body)
{
    ps_span word = ps_next_word(&body);
    uint64_t value;

    for (size_t i = 0; i < 10 && word.at < word.end; i++) {
        ps_span number = word;
        if (i > 0 && ps_take_hex(&number, &value) && number.at == number.end)
            return ps_is_digit(*word.at);
        word = ps_next_word(&body);
    }
    return false;
}

static bool is_rule(ps_span body)
{
    for (const char *at = body.at; at < body.end; at++)
        if (*at != '-' && *at != ' ')
            return false;
    return true;
}

/* "Address     Length      Tag   Caller" */
static bool is_heading(ps_span body)
{
    return ps_word_is(ps_next_word(&body), "Address") && ps_word_is(ps_next_word(&body), "Length");
}

static bool is_furniture(verifier *table, ps_span body)
{
    static const char *const lines[] = {"[X] ",
                                        "[ ] ",
                                        "STANDARD FLAGS:",
                                        "ADDITIONAL FLAGS:",
                                        "Entry     State",
                                        "Pool Allocation Statistics:",
                                        "Pool Allocations:",
                                        "PoolAddress  SizeInBytes",
                                        "Contiguous Memory Bytes:",
                                        "Peak Contiguous Memory Bytes:"};

    if (begins_report(body)) {
        table->options = ps_take_text(&body, "Verify ");
        return true;
    }
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (ps_take_text(&body, lines[i]))
            return true;
    return table->options || is_rule(body) || is_heading(body) || ps_is_elision(body) ||
           is_total(body);
}

/* --- a driver that leaves something behind ---------------------------------------------------- */

/* "Arg1: 00000062, A driver has forgotten to free its pool allocations prior to unloading." */
static bool unload_line(verifier *table, ps_reading *reading)
{
    const ps_span body = reading->body;
    ps_verified *verified;

    if (!ps_contains(ps_first(body, 8), "Arg1:") ||
        !ps_contains(body, "forgotten to free its pool"))
        return false;
    verified = add_driver(table, reading, (ps_span){body.at, body.at}, "bug check c4");
    if (verified != NULL)
        verified->state = "unloaded";
    return true;
}

/* "Arg4: 00000003, total # of (paged+nonpaged) allocations that weren't freed." */
static bool argument_line(const verifier *table, ps_reading *reading)
{
    ps_span at = reading->body;
    uint64_t value;

    if (!ps_take_text(&at, "Arg") || at.at == at.end || *at.at < '2' || *at.at > '4')
        return false;
    at.at++;
    if (!ps_take_text(&at, ":"))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_hex(&at, &value))
        return true;
    if (ps_contains(at, "allocations that weren't freed"))
        set(table, reading, PS_VERIFIED_LEAKED_ALLOCS, value);
    else if (ps_contains(at, "nonpaged bytes"))
        set(table, reading, PS_VERIFIED_NONPAGED_BYTES, value);
    else if (ps_contains(at, "paged bytes"))
        set(table, reading, PS_VERIFIED_PAGED_BYTES, value);
    return true;
}

/* "IMAGE_NAME:  acme.sys" names the driver of a bug check that did not. */
static bool image_line(ps_reading *reading)
{
    ps_lists *lists = &reading->text->lists;
    ps_span at = reading->body;
    ps_verified *last;

    if (lists->verified_count == 0 || !ps_take_text(&at, "IMAGE_NAME:"))
        return false;
    last = &lists->verified[lists->verified_count - 1];
    at = ps_trim(at);
    if (*last->driver != '\0' || at.at == at.end)
        return false;
    last->driver = ps_keep(reading->text, at);
    if (last->driver == NULL)
        last->driver = "";
    return true;
}

/* --- the dialect ------------------------------------------------------------------------------ */

static bool start(void *state, ps_reading *reading)
{
    verifier *table = state;

    if (reading->body.at == reading->body.end || reading->line.size > reading->row_bytes)
        return false;
    if (begins_report(reading->body))
        return is_furniture(table, reading->body);
    if (module_line(table, reading) || name_line(table, reading) || unload_line(table, reading) ||
        image_line(reading))
        return true;
    *table = (verifier){0};
    return false;
}

static bool take_values(verifier *table, ps_reading *reading)
{
    bool bad = false;

    if (!pair_line(table, reading, &bad) && !summary_line(table, reading, &bad) &&
        !value_line(table, reading, &bad))
        return false;
    if (bad)
        ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no count of Driver Verifier");
    return true;
}

static bool row(void *state, ps_reading *reading)
{
    verifier *table = state;
    ps_span at = reading->body;
    uint64_t address;

    if (at.at == at.end) {
        table->options = false;
        return true;
    }
    if (reading->line.size > reading->row_bytes)
        return false;
    if (module_line(table, reading) || name_line(table, reading) || entry_line(table, reading) ||
        take_values(table, reading) || allocation_line(table, reading) ||
        unload_line(table, reading) || argument_line(table, reading) || image_line(reading) ||
        is_furniture(table, reading->body))
        return true;
    if (table->current == 0 || !ps_take_address(&at, &address) || reading->body.end - at.at < 8)
        return false;
    ps_remark(reading->text, PS_REFUSED, &reading->line,
              "this is no allocation of a verified driver");
    return true;
}

static void finish(void *state, ps_reading *reading)
{
    const ps_line line = reading->line;

    add_summary(state, reading);
    reading->line = line;
}

const ps_dialect ps_verifier_dialect = {.name = "verifier",
                                        .needs = PS_HAS_LETTER,
                                        .least = 8,
                                        .start = start,
                                        .row = row,
                                        .finish = finish};
