/* modules.h - the readers of module lists: lm in the debugger, driverquery at a prompt. */
#ifndef PS_TEXT_MODULES_H
#define PS_TEXT_MODULES_H

#include "text/reading.h"

enum { PS_CSV_CELLS = 24 };

typedef enum ps_module_list {
    PS_MODULES_NONE,
    PS_MODULES_LM,
    PS_MODULES_UNLOADED,
    PS_MODULES_CSV,
    PS_MODULES_TABLE,
} ps_module_list;

typedef struct ps_modules {
    ps_text *text;
    ps_module_list list;
    ps_span header;              /* of a table, until its rule comes */
    bool rows;                   /* the table has rows, which a blank line ends */
    bool open_module;            /* details of the last module may follow */
    size_t name, path, state;    /* columns of a CSV; PS_CSV_CELLS where it has none */
    size_t cells;                /* of its header */
    size_t starts[PS_CSV_CELLS]; /* columns of a table, from its rule of '=' */
    size_t widths[PS_CSV_CELLS];
} ps_modules;

void ps_modules_open(ps_modules *modules, ps_text *text);
bool ps_modules_row(ps_modules *modules, ps_reading *reading);
bool ps_modules_start(ps_modules *modules, ps_reading *reading);
void ps_modules_strange(ps_modules *modules, ps_reading *reading);
void ps_modules_leave(ps_modules *modules);

#endif
