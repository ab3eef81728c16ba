/* services.c - drivers as sc query lists them.
 *
 *    SERVICE_NAME: ACPI
 *    DISPLAY_NAME: Microsoft ACPI Driver
 *            TYPE               : 1  KERNEL_DRIVER
 *            STATE              : 4  RUNNING
 *                                    (STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)
 *
 * The first two keys and the words in capitals are the same in every language.
 */
#include "text/dialect.h"

typedef struct services {
    size_t module; /* the entry that lines belong to, counted from 1; 0 for none */
    bool driver;   /* its type was seen and is one of drivers */
} services;

PS_DIALECT_FITS(services);

/* A service that turned out to be no driver goes again. */
static void end_entry(services *table, ps_text *text)
{
    if (table->module > 0 && !table->driver && text->module_count == table->module)
        text->module_count--;
    *table = (services){0};
}

static bool name_line(services *table, ps_reading *reading)
{
    ps_span at = reading->body;
    ps_module *module;

    if (!ps_take_text(&at, "SERVICE_NAME:"))
        return false;
    end_entry(table, reading->text);
    at = ps_trim(at);
    module = at.at == at.end ? NULL : ps_add_module(reading->text);
    if (module == NULL)
        return true;
    module->name = ps_keep(reading->text, at);
    module->origin = "sc query";
    module->line = reading->line.number;
    table->module = reading->text->module_count;
    return true;
}

static void value_line(services *table, ps_reading *reading, ps_span value)
{
    ps_module *module = &reading->text->modules[table->module - 1];
    uint64_t number;
    ps_span word;

    if (ps_scan_unsigned(&value, &number) != PS_SCAN_OK)
        return;
    word = ps_next_word(&value);
    if (ps_word_is(word, "KERNEL_DRIVER") || ps_word_is(word, "FILE_SYSTEM_DRIVER")) {
        table->driver = true;
        reading->text->row_line_count++;
    } else if (ps_word_is(word, "RUNNING") || ps_word_is(word, "STOPPED")) {
        module->state = ps_word_is(word, "RUNNING") ? "running" : "stopped";
        module->unloaded = *module->state == 's';
    }
}

static bool start(void *state, ps_reading *reading)
{
    return reading->body.at < reading->body.end && *reading->body.at == 'S' &&
           reading->line.size <= PS_ROW_LIMIT && name_line(state, reading);
}

static bool row(void *state, ps_reading *reading)
{
    services *table = state;
    ps_span at = reading->body;

    if (at.at == at.end)
        return true;
    if (reading->line.size > PS_ROW_LIMIT || reading->line.continued)
        return false;
    if (name_line(table, reading))
        return true;
    if (table->module == 0)
        return false;
    if (ps_take_text(&at, "DISPLAY_NAME:")) {
        at = ps_trim(at);
        reading->text->modules[table->module - 1].display = ps_keep(reading->text, at);
        return true;
    }
    if (!ps_is_blank(*reading->line.text))
        return false;
    while (at.at < at.end && *at.at != ':')
        at.at++;
    if (at.at == at.end)
        return *reading->body.at == '(';
    at.at++;
    ps_skip_blanks(&at);
    value_line(table, reading, at);
    return true;
}

static void finish(void *state, ps_reading *reading) { end_entry(state, reading->text); }

const ps_dialect ps_services_dialect = {.name = "sc query",
                                        .needs = PS_HAS_COLON | PS_LETTERS_NAME | PS_LETTER('c') |
                                                 PS_LETTER('r') | PS_LETTER('s') | PS_LETTER('v'),
                                        .least = 10,
                                        .start = start,
                                        .row = row,
                                        .finish = finish};
