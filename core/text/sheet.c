/* sheet.c - a table of pool tags whose columns are told by their headings. */
#include "text/sheet.h"

#include <string.h>

static bool has_role(const ps_sheet *sheet, ps_role_kind kind)
{
    for (size_t i = 0; i < sheet->columns; i++)
        if (sheet->roles[i].kind == kind)
            return true;
    return false;
}

static bool has_number(const ps_sheet *sheet, ps_side side, ps_measure measure)
{
    for (size_t i = 0; i < sheet->columns; i++) {
        const ps_role *role = &sheet->roles[i];
        if (role->kind == PS_ROLE_NUMBER && role->side == side && role->measure == measure)
            return true;
    }
    return false;
}

/* Bytes in bytes beat bytes in KB; two columns that say the same are too many. */
static bool drop_twins(ps_sheet *sheet)
{
    for (size_t i = 0; i < sheet->columns; i++) {
        for (size_t j = i + 1; j < sheet->columns; j++) {
            ps_role *a = &sheet->roles[i];
            ps_role *b = &sheet->roles[j];
            if (a->kind != PS_ROLE_NUMBER || b->kind != PS_ROLE_NUMBER || a->side != b->side ||
                a->measure != b->measure)
                continue;
            if (a->shift == b->shift && a->side != PS_SIDE_BOTH)
                return false;
            (a->shift > b->shift ? a : b)->kind = PS_ROLE_NONE;
        }
    }
    return true;
}

static bool tells(const ps_sheet *sheet, ps_side side)
{
    return has_number(sheet, side, PS_MEASURE_BYTES) || has_number(sheet, side, PS_MEASURE_DIFF) ||
           (has_number(sheet, side, PS_MEASURE_ALLOCS) &&
            has_number(sheet, side, PS_MEASURE_FREES));
}

ps_sheet_fit ps_sheet_headings(ps_sheet *sheet, const ps_span *headings, size_t count)
{
    sheet->columns = count;
    for (size_t i = 0; i < count; i++)
        sheet->roles[i] = ps_role_of(headings[i]);
    if (!has_role(sheet, PS_ROLE_TAG) || has_role(sheet, PS_ROLE_ADDRESS))
        return PS_SHEET_NO;
    sheet->has_pool = has_role(sheet, PS_ROLE_POOL);
    sheet->has_sums = false;
    for (size_t i = 0; i < count; i++)
        sheet->has_sums |=
            sheet->roles[i].kind == PS_ROLE_NUMBER && sheet->roles[i].side == PS_SIDE_BOTH;
    for (size_t i = 0; i < count && !sheet->has_pool; i++)
        if (sheet->roles[i].side == PS_SIDE_ROW)
            sheet->roles[i].side = PS_SIDE_BOTH;
    if (tells(sheet, PS_SIDE_NONPAGED) || tells(sheet, PS_SIDE_PAGED) ||
        (sheet->has_pool && tells(sheet, PS_SIDE_ROW)))
        return drop_twins(sheet) ? PS_SHEET_YES : PS_SHEET_TWICE;
    return has_number(sheet, PS_SIDE_BOTH, PS_MEASURE_BYTES) &&
                   (has_number(sheet, PS_SIDE_BOTH, PS_MEASURE_DIFF) ||
                    has_number(sheet, PS_SIDE_BOTH, PS_MEASURE_ALLOCS) ||
                    has_role(sheet, PS_ROLE_TIME))
               ? PS_SHEET_NO_POOL
               : PS_SHEET_NO;
}

ps_sheet_fit ps_sheet_under_caption(ps_sheet *sheet, ps_sheet_fit fit, const ps_reading *reading)
{
    if (fit != PS_SHEET_NO_POOL || sheet->has_sums || !reading->has_caption)
        return fit;
    for (size_t i = 0; i < sheet->columns; i++) {
        if (sheet->roles[i].side == PS_SIDE_BOTH)
            sheet->roles[i].side =
                reading->caption == PS_POOL_PAGED ? PS_SIDE_PAGED : PS_SIDE_NONPAGED;
    }
    return drop_twins(sheet) ? PS_SHEET_YES : PS_SHEET_TWICE;
}

void ps_sheet_complain(ps_sheet_fit fit, ps_reading *reading)
{
    const char *why = fit == PS_SHEET_NO_POOL
                          ? "this table of tags does not say which pool its numbers are of"
                          : "two columns of this table of tags have the same name";

    if (fit == PS_SHEET_NO_POOL || fit == PS_SHEET_TWICE)
        ps_remark(reading->text, PS_REFUSED, &reading->line, "%s", why);
}

void ps_sheet_open(ps_sheet *sheet, ps_reading *reading, const char *origin)
{
    sheet->ways.encoding = reading->text->encoding;
    ps_moments_open(&sheet->moments, reading->text, origin);
}

void ps_sheet_read(const ps_span *cells, size_t count, ps_sheet *sheet, ps_record *record)
{
    ps_record_clear(record);
    for (size_t i = 0; i < count && i < sheet->columns; i++)
        if (sheet->roles[i].kind != PS_ROLE_NONE && sheet->roles[i].kind != PS_ROLE_NUMBER)
            ps_record_set(record, &sheet->roles[i], cells[i], &sheet->ways);
    for (size_t i = 0; i < count && i < sheet->columns; i++)
        if (sheet->roles[i].kind == PS_ROLE_NUMBER)
            ps_record_set(record, &sheet->roles[i], cells[i], &sheet->ways);
}
