/* services.c - services and drivers as sc query and sc qc list them.
 *
 *    SERVICE_NAME: ACPI
 *    DISPLAY_NAME: Microsoft ACPI Driver
 *            TYPE               : 1  KERNEL_DRIVER
 *            STATE              : 4  RUNNING
 *                                    (STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)
 *            START_TYPE         : 0   BOOT_START                          (sc qc)
 *            BINARY_PATH_NAME   : \SystemRoot\System32\drivers\ACPI.sys
 *
 * The first two keys and the words in capitals are the same in every language.
 */
#include "text/dialect.h"
#include "text/items.h"

typedef struct services {
    bool named;    /* lines belong to the last service */
    bool has_item; /* which is the last item of its kind */
    bool valued;   /* something was said of it */
    bool queried;  /* its state was told */
} services;

PS_DIALECT_FITS(services);

static ps_service *service_of(const services *table, ps_reading *reading)
{
    return table->has_item ? ps_items_from(reading->text, PS_ITEM_SERVICES,
                                           ps_text_item_count(reading->text, PS_ITEM_SERVICES) - 1)
                           : NULL;
}

static void end_entry(services *table, ps_reading *reading)
{
    ps_service *service = service_of(table, reading);

    if (service != NULL && !ps_failed(reading->text)) {
        if (!table->valued) {
            ps_drop_item(reading->text, PS_ITEM_SERVICES);
        } else {
            service->item.origin = table->queried ? "sc query" : "sc qc";
            reading->text->row_line_count++;
            ps_add_driver(reading, service);
        }
    }
    *table = (services){0};
}

static bool name_line(services *table, ps_reading *reading)
{
    ps_span at = reading->body;
    ps_service *service;

    if (!ps_take_text(&at, "SERVICE_NAME:"))
        return false;
    end_entry(table, reading);
    at = ps_trim(at);
    table->named = true;
    if (at.at == at.end)
        return true;
    service = ps_add_item(reading, PS_ITEM_SERVICES, "sc query", &reading->line);
    table->has_item = service != NULL;
    if (service != NULL)
        service->name = ps_keep(reading->text, at);
    return true;
}

static void set_text(ps_reading *reading, const char **field, ps_span value)
{
    if (value.at < value.end && *field == NULL)
        *field = ps_keep(reading->text, value);
}

/* "1  KERNEL_DRIVER", "4  RUNNING", "2   AUTO_START  (DELAYED)", "1077  (0x435)" */
static void number_line(services *table, ps_service *service, ps_span key, ps_span value)
{
    const char *meaning;
    uint64_t number;
    ps_span word;

    if (ps_scan_unsigned(&value, &number) != PS_SCAN_OK)
        return;
    word = ps_next_word(&value);
    if (ps_word_is(key, "WIN32_EXIT_CODE")) {
        service->exit_code = number;
    } else if (ps_word_is(key, "TAG")) {
        service->tag = number;
    } else if ((meaning = ps_service_type(word)) != NULL && service->type == NULL) {
        service->type = meaning;
        table->valued = true;
    } else if ((meaning = ps_service_state(word)) != NULL) {
        service->state = meaning;
        table->valued = table->queried = true;
    } else if ((meaning = ps_service_start(word)) != NULL) {
        service->start = meaning;
        table->valued = true;
    }
}

static void value_line(services *table, ps_reading *reading, ps_span key, ps_span value)
{
    ps_service *service = service_of(table, reading);

    if (service == NULL || value.at == value.end)
        return;
    if (ps_word_is(key, "DISPLAY_NAME"))
        set_text(reading, &service->display_name, value);
    else if (ps_word_is(key, "LOAD_ORDER_GROUP"))
        set_text(reading, &service->group, value);
    else if (ps_is_digit(*value.at))
        number_line(table, service, key, value);
    else if (ps_contains(value, "\\") && service->start != NULL)
        set_text(reading, &service->path, value);
}

static bool start(void *state, ps_reading *reading)
{
    return reading->body.at < reading->body.end && *reading->body.at == 'S' &&
           reading->line.size <= reading->row_bytes && name_line(state, reading);
}

static bool row(void *state, ps_reading *reading)
{
    services *table = state;
    ps_span at = reading->body;
    ps_span key;

    if (at.at == at.end)
        return true;
    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    if (name_line(table, reading))
        return true;
    if (!table->named || (!ps_is_blank(*reading->line.text) && !ps_take_text(&at, "DISPLAY_NAME:")))
        return false;
    at = reading->body;
    while (at.at < at.end && *at.at != ':')
        at.at++;
    if (at.at == at.end)
        return *reading->body.at == '(';
    key = ps_trim((ps_span){reading->body.at, at.at});
    value_line(table, reading, key, ps_trim((ps_span){at.at + 1, at.end}));
    return true;
}

static void finish(void *state, ps_reading *reading) { end_entry(state, reading); }

const ps_dialect ps_services_dialect = {.name = "sc query",
                                        .needs = PS_HAS_COLON | PS_LETTERS_NAME | PS_LETTER('c') |
                                                 PS_LETTER('r') | PS_LETTER('s') | PS_LETTER('v'),
                                        .least = 10,
                                        .start = start,
                                        .row = row,
                                        .finish = finish};
