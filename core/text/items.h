/* items.h - lists of items: handles, services, events and whatever else has a struct and a table of
 * fields in the public header. */
#ifndef PS_TEXT_ITEMS_H
#define PS_TEXT_ITEMS_H

#include "text/reading.h"

/* An item of the kind with nothing known but its line, origin, and the host and time that the walk
 * has; the struct of the kind, for the caller to fill in.  NULL when memory is
 * out, and behind as many items as there may be. */
void *ps_add_item(ps_reading *reading, ps_item_kind kind, const char *origin, const ps_line *line);

/* The last item of the kind goes again. */
void ps_drop_item(ps_text *text, ps_item_kind kind);

/* The items of the kind from the one at index on, for the caller to change. */
void *ps_items_from(ps_text *text, ps_item_kind kind, size_t index);

/* A number where it is nothing but one: with separators, or 0x before it. */
bool ps_item_number(ps_span span, uint64_t *value);

/* "2", "KERNEL_DRIVER", "Kernel Driver": the type of a service, as ps_service has it. */
const char *ps_service_type(ps_span span);
/* "4", "RUNNING"; "SYSTEM_START", "Manual": likewise.  NULL for what is not known. */
const char *ps_service_state(ps_span span);
const char *ps_service_start(ps_span span);

/* Is that type of a service, one of the above, one of drivers? */
bool ps_is_driver_type(const char *type);
/* A service that is a driver is a module, too; it is complete. */
void ps_add_driver(ps_reading *reading, const ps_service *service);

#endif
