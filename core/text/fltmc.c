/* fltmc.c - file system filters as fltmc lists them.
 *
 *    Filter Name                     Num Instances    Altitude    Frame
 *    ------------------------------  -------------  ------------  -----
 *    WdFilter                                4       328010         0
 *    AcmeLegacy                                                  <Legacy>
 *
 *    Filter                Volume Name             Altitude        Instance Name       Frame  ...
 *    --------------------  ----------------------  ------------  --------------------  -----
 *    WdFilter              C:                         328010     WdFilter Instance       0
 *
 * The headings are in the system's language; the rule under them and the columns are the same.
 * English headings will do over another rule, as tables have that were typed.
 */
#include "text/dialect.h"

typedef enum filter_list { LIST_FILTERS, LIST_INSTANCES } filter_list;

typedef struct filters {
    filter_list list;
    bool rows;
    size_t first; /* of this list's modules */
} filters;

PS_DIALECT_FITS(filters);

/* The lengths of the runs of '-' in a line of nothing else. */
static size_t rule_widths(ps_span body, size_t *widths, size_t limit)
{
    size_t count = 0;

    while (count < limit) {
        const ps_span word = ps_next_word(&body);
        if (word.at == word.end)
            break;
        for (const char *at = word.at; at < word.end; at++)
            if (*at != '-')
                return 0;
        widths[count++] = (size_t)(word.end - word.at);
    }
    return count;
}

/* fltmc's rules have been the same since it exists. */
static bool is_rule(ps_span body, filter_list *list)
{
    size_t widths[9];
    const size_t count = rule_widths(body, widths, 9);

    if (count == 4 && widths[0] == 30 && widths[1] == 13) {
        *list = LIST_FILTERS;
        return true;
    }
    *list = LIST_INSTANCES;
    return count >= 5 && widths[0] == 20 && widths[1] >= 30 && widths[2] >= 8;
}

/* The headings in English, over whatever rule. */
static bool is_heading(ps_span body, filter_list *list)
{
    if (!ps_take_text(&body, "Filter") || !ps_contains(body, "Altitude") ||
        !ps_contains(body, "Frame"))
        return false;
    *list = ps_contains(body, "Volume Name") ? LIST_INSTANCES : LIST_FILTERS;
    return *list == LIST_INSTANCES || ps_contains(body, "Num Instances");
}

static bool is_any_rule(ps_span body)
{
    size_t widths[9];

    return rule_widths(body, widths, 9) >= 4;
}

/* Does the line have columns, or a number behind its first word?  Text that follows has none. */
static bool looks_like_row(ps_span body)
{
    ps_span word;

    (void)ps_next_word(&body);
    for (ps_span at = body; at.at < at.end; at.at++)
        if (ps_is_blank(*at.at) && at.end - at.at > 1 && ps_is_blank(at.at[1]))
            return true;
    for (word = ps_next_word(&body); word.at < word.end; word = ps_next_word(&body))
        if (ps_is_digit(*word.at))
            return true;
    return false;
}

/* "385250.5" */
static bool is_altitude(ps_span word)
{
    size_t points = 0;

    for (const char *at = word.at; at < word.end; at++) {
        points += *at == '.';
        if (!ps_is_digit(*at) && *at != '.')
            return false;
    }
    return points <= 1 && word.end - word.at >= 4 && ps_is_digit(*word.at);
}

static ps_module *add_filter(ps_reading *reading, ps_span name)
{
    ps_module *module = ps_add_module(reading->text);

    if (module == NULL)
        return NULL;
    module->name = ps_keep(reading->text, name);
    module->state = "running";
    module->origin = "fltmc";
    module->line = reading->line.number;
    return module;
}

/* Words from the end: frame, altitude, instances; what is before them is the name. */
static bool filter_row(filters *table, ps_reading *reading)
{
    ps_span body = reading->body;
    ps_span words[5];
    size_t count = 0;
    ps_module *module;
    uint64_t instances = 0;
    bool counted;

    while (count < 5) {
        words[count] = ps_next_word(&body);
        if (words[count].at == words[count].end)
            break;
        count++;
    }
    counted = count >= 4 && words[3].end - words[3].at == 1 && ps_is_digit(*words[3].at);
    if (count < 2 || (count > 4 && !counted))
        return false;
    if (count == 4 && !counted)
        return false;
    if (counted && (ps_scan_unsigned(&words[1], &instances) != PS_SCAN_OK ||
                    words[1].at != words[1].end || !is_altitude(words[2])))
        return false;
    if (!counted && (*words[count - 1].at != '<' || (count == 3 && !is_altitude(words[1]))))
        return false;
    module = add_filter(reading, words[0]);
    if (module == NULL)
        return true;
    if (counted)
        module->instances = (int64_t)instances;
    if (count >= 3)
        module->altitude = ps_keep(reading->text, words[counted ? 2 : 1]);
    table->rows = true;
    reading->text->row_line_count++;
    return true;
}

/* No machine has as many filters: a text with more gets the same one twice, not a slow reader. */
enum { FILTERS = 128 };

static ps_module *find_filter(const filters *table, ps_text *text, ps_span name)
{
    const size_t count = text->module_count;
    const size_t first = count - table->first > FILTERS ? count - FILTERS : table->first;

    for (size_t i = count; i > first; i--) {
        const char *known = text->modules[i - 1].name;
        if (known != NULL && ps_word_is(name, known))
            return &text->modules[i - 1];
    }
    return NULL;
}

/* One line an instance: rows of one filter are counted together. */
static bool instance_row(filters *table, ps_reading *reading)
{
    ps_span at = reading->body;
    const ps_span name = ps_next_word(&at);
    ps_span altitude = {NULL, NULL};
    ps_module *module;

    for (;;) {
        const ps_span word = ps_next_word(&at);
        if (word.at == word.end)
            break;
        if (is_altitude(word)) {
            altitude = word;
            break;
        }
    }
    if (altitude.at == NULL || name.at == name.end || ps_trim(at).at == ps_trim(at).end)
        return false;
    module = find_filter(table, reading->text, name);
    if (module == NULL) {
        module = add_filter(reading, name);
        if (module == NULL)
            return true;
        module->altitude = ps_keep(reading->text, altitude);
        module->instances = 0;
    }
    module->instances++;
    table->rows = true;
    reading->text->row_line_count++;
    return true;
}

static bool start(void *state, ps_reading *reading)
{
    filters *table = state;

    if (reading->line.size > reading->row_bytes ||
        (size_t)(reading->body.end - reading->body.at) < 40 ||
        (!is_heading(reading->body, &table->list) &&
         (*reading->body.at != '-' || !is_rule(reading->body, &table->list)))) {
        *table = (filters){0};
        return false;
    }
    table->first = reading->text->module_count;
    return true;
}

static bool row(void *state, ps_reading *reading)
{
    filters *table = state;

    if (reading->body.at == reading->body.end || reading->line.size > reading->row_bytes)
        return false;
    if (!table->rows && is_any_rule(reading->body))
        return true;
    if (table->list == LIST_FILTERS ? filter_row(table, reading) : instance_row(table, reading))
        return true;
    if (reading->at_prompt || !table->rows || ps_contains(ps_first(reading->body, 4), ":\\") ||
        !looks_like_row(reading->body))
        return false;
    ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no row of the filters");
    return true;
}

static void finish(void *state, ps_reading *reading)
{
    (void)state;
    (void)reading;
}

const ps_dialect ps_fltmc_dialect = {.name = "fltmc",
                                     .any = PS_HAS_STROKE | PS_LETTER('f'),
                                     .least = 40,
                                     .start = start,
                                     .row = row,
                                     .finish = finish};
