/* lm.c - modules as the debugger lists them.
 *
 *    start             end                 module name
 *    fffff806`bd0b0000 fffff806`bd0cd000   disk       (deferred)
 *        Image path: \SystemRoot\System32\drivers\disk.sys            (lm v)
 *        Timestamp:        Wed Jul  8 15:43:44 2015 (559DA7A0)
 *    Unloaded modules:
 *    f9f53000 f9f61000   swmidi.sys
 *        Timestamp: unavailable (00000000)
 *
 * Rows whose heading was left behind are known by what they say of symbols.
 */
#include "text/address.h"
#include "text/dialect.h"

typedef struct lm {
    bool unloaded;
    bool blank;
    size_t module; /* the one that details belong to, counted from 1; 0 for none */
} lm;

PS_DIALECT_FITS(lm);

static bool module_row(lm *table, ps_reading *reading)
{
    ps_span at = reading->body;
    uint64_t base, end, third;
    ps_module *module;
    ps_span name, word;

    if (!ps_take_address(&at, &base))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_address(&at, &end) || end < base)
        return false;
    name = ps_next_word(&at);
    word = name;
    if (name.at == name.end || ps_take_address(&word, &third))
        return false; /* three addresses are a dump of memory */
    module = ps_add_module(reading->text);
    if (module == NULL)
        return true;
    module->base = base;
    module->end = end;
    module->size = end - base;
    module->line = reading->line.number;
    module->origin = "lm";
    module->name = ps_keep(reading->text, name);
    module->unloaded = table->unloaded;
    table->module = reading->text->module_count;
    reading->text->row_line_count++;
    return true;
}

/* "Wed Jul  8 15:43:44 2015 (559DA7A0)", "08294233 (This is a reproducible ...)", "559DA7A0" */
static bool take_timestamp(ps_span at, uint32_t *timestamp)
{
    const ps_span whole = at;
    uint64_t value = 0;

    if (ps_take_hex(&at, &value) && value <= UINT32_MAX && at.at - whole.at == 8) {
        *timestamp = (uint32_t)value;
        return value != 0;
    }
    for (at = whole; at.at < at.end; at.at++) {
        ps_span inner = {at.at + 1, at.end};
        if (*at.at != '(' || !ps_take_hex(&inner, &value) || !ps_take_text(&inner, ")"))
            continue;
        *timestamp = (uint32_t)value;
        return value != 0 && value <= UINT32_MAX;
    }
    return false;
}

static bool take_key(ps_span *at, const char *key)
{
    if (!ps_take_text(at, key))
        return false;
    *at = ps_trim(*at);
    return true;
}

/* What lm v says of the module above; the same words may follow for its resources. */
static void take_detail(ps_module *module, ps_text *text, ps_span at)
{
    uint64_t value;

    if (take_key(&at, "Image path:")) {
        module->path = at.at < at.end ? ps_keep(text, at) : NULL;
    } else if (take_key(&at, "Timestamp:")) {
        module->has_timestamp = take_timestamp(at, &module->timestamp);
    } else if (take_key(&at, "CheckSum:")) {
        module->has_checksum = ps_take_hex(&at, &value) && value != 0 && value <= UINT32_MAX;
        module->checksum = module->has_checksum ? (uint32_t)value : 0;
    } else if (take_key(&at, "ImageSize:")) {
        if (ps_take_hex(&at, &value) && value != 0)
            module->size = value;
    } else if (take_key(&at, "File version:") || take_key(&at, "FileVersion:")) {
        module->version = at.at < at.end ? ps_keep(text, at) : NULL;
    } else if (take_key(&at, "CompanyName:")) {
        module->company = at.at < at.end ? ps_keep(text, at) : NULL;
    } else if (take_key(&at, "FileDescription:")) {
        module->display = at.at < at.end ? ps_keep(text, at) : NULL;
    }
}

/* Lines of details are indented and have a key, or are known words. */
static bool detail_row(lm *table, ps_reading *reading)
{
    static const char *const words[] = {"Browse all global symbols",
                                        "Image was built with",
                                        "Information from resource",
                                        "Loaded symbol image file:",
                                        "Mapped memory image file:",
                                        "Has CLR image header",
                                        "Unable to enumerate user-mode unloaded modules"};
    const ps_span body = reading->body;
    const bool indented = reading->line.size > 0 && ps_is_blank(*reading->line.text);

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        ps_span at = body;
        if (ps_take_text(&at, words[i]))
            return true;
    }
    if (table->module == 0 || table->blank || !indented || !ps_contains(body, ":"))
        return false;
    take_detail(&reading->text->modules[table->module - 1], reading->text, body);
    return true;
}

static bool is_header(ps_span body)
{
    return ps_word_is(ps_next_word(&body), "start") && ps_word_is(ps_next_word(&body), "end") &&
           ps_word_is(ps_next_word(&body), "module") && ps_word_is(ps_next_word(&body), "name");
}

static bool begins(lm *table, ps_span body)
{
    if (body.at == body.end || ((*body.at | 0x20) != 's' && (*body.at | 0x20) != 'u'))
        return false;
    if (is_header(body)) {
        *table = (lm){0};
        return true;
    }
    if (!ps_word_is(body, "Unloaded modules:"))
        return false;
    *table = (lm){.unloaded = true};
    return true;
}

/* "fffff806`bd0b0000 fffff806`bd0cd000   disk   (deferred)": a row says what it is by its end. */
static bool begins_row(ps_span body)
{
    static const char *const symbols[] = {"(deferred)", "(no symbols)", "(pdb symbols)",
                                          "(private pdb symbols)", "(export symbols)"};
    ps_span at = body;
    uint64_t base, end;

    if (body.end - body.at < 24 || !ps_take_address(&at, &base))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_address(&at, &end) || end <= base)
        return false;
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++)
        if (ps_contains(at, symbols[i]))
            return true;
    return false;
}

static bool start(void *state, ps_reading *reading)
{
    lm *table = state;

    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    if (begins(table, reading->body))
        return true;
    return begins_row(reading->body) && module_row(table, reading);
}

static bool row(void *state, ps_reading *reading)
{
    lm *table = state;
    ps_span at = reading->body;
    uint64_t address;
    bool taken;

    if (at.at == at.end) {
        table->blank = true;
        return true;
    }
    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    taken = module_row(table, reading) || detail_row(table, reading) ||
            begins(table, reading->body) || ps_is_elision(reading->body);
    if (!taken && !table->blank && ps_take_address(&at, &address)) {
        ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no row of the modules");
        taken = true;
    }
    table->blank = false;
    return taken;
}

static void finish(void *state, ps_reading *reading)
{
    (void)state;
    (void)reading;
}

const ps_dialect ps_lm_dialect = {.name = "lm",
                                  .any = PS_LETTER('e') | PS_LETTER('y'),
                                  .least = 10,
                                  .start = start,
                                  .row = row,
                                  .finish = finish};
