/* lists.c - the lists of an open dump: read once, at the first call. */
#include "dump/lists.h"

#include "dump/dump.h"
#include "dump/offsets.h"
#include "dump/processes.h"

#include <stdlib.h>

void ps_dump_lists_free(ps_dump_lists *lists)
{
    free(lists->bigs.items);
    free(lists->session_bigs.items);
    free(lists->processes.items);
    free(lists->types.items);
    free(lists->descriptors.items);
    free(lists->lookasides.items);
    free(lists->verified.items);
    free(lists->blocks.items);
    *lists = (ps_dump_lists){0};
}

uint32_t ps_dump_layouts_of(const ps_dump *dump)
{
    return dump->kernel.has_space ? ps_offsets_build(&dump->kernel) : 0;
}

bool ps_dump_bigs(ps_dump *dump, const ps_dump_big **items, size_t *count, ps_error *err)
{
    ps_big_list *list = &dump->lists.bigs;

    *items = NULL;
    *count = 0;
    if (!list->known && !ps_bigs_read(list, &dump->kernel, err))
        return false;
    *items = list->items;
    *count = list->count;
    return true;
}

bool ps_dump_big_owners(ps_dump *dump, ps_tag tag, ps_dump_owners *owners, ps_error *err)
{
    const ps_dump_big *items;
    size_t count;

    *owners = (ps_dump_owners){0};
    return ps_dump_bigs(dump, &items, &count, err) &&
           ps_owners_read(owners, &dump->lists.bigs, tag, &dump->kernel, err);
}

bool ps_dump_processes(ps_dump *dump, const ps_dump_process **items, size_t *count, ps_error *err)
{
    ps_process_list *list = &dump->lists.processes;

    *items = NULL;
    *count = 0;
    if (!list->known && !ps_processes_find(dump, err))
        return false;
    *items = list->items;
    *count = list->count;
    return true;
}

bool ps_dump_session_bigs(ps_dump *dump, const ps_dump_session_big **items, size_t *count,
                          ps_error *err)
{
    ps_session_big_list *list = &dump->lists.session_bigs;
    const ps_dump_process *processes;
    size_t process_count;

    *items = NULL;
    *count = 0;
    if (!ps_dump_processes(dump, &processes, &process_count, err))
        return false;
    if (!list->known && !ps_session_bigs_read(list, &dump->lists.processes, &dump->kernel, err))
        return false;
    *items = list->items;
    *count = list->count;
    return true;
}

bool ps_dump_types(ps_dump *dump, const ps_dump_type **items, size_t *count, ps_error *err)
{
    ps_type_list *list = &dump->lists.types;

    *items = NULL;
    *count = 0;
    if (!list->known && !ps_types_read(list, &dump->kernel, err))
        return false;
    *items = list->items;
    *count = list->count;
    return true;
}

bool ps_dump_descriptors(ps_dump *dump, const ps_dump_descriptor **items, size_t *count,
                         ps_error *err)
{
    ps_descriptor_list *list = &dump->lists.descriptors;

    *items = NULL;
    *count = 0;
    if (!list->known && !ps_descriptors_read(list, &dump->kernel, err))
        return false;
    *items = list->items;
    *count = list->count;
    return true;
}

bool ps_dump_lookasides(ps_dump *dump, const ps_dump_lookaside **items, size_t *count,
                        ps_error *err)
{
    ps_lookaside_list *list = &dump->lists.lookasides;

    *items = NULL;
    *count = 0;
    if (!list->known && !ps_lookasides_read(list, &dump->kernel, err))
        return false;
    *items = list->items;
    *count = list->count;
    return true;
}

bool ps_dump_get_verifier(ps_dump *dump, ps_dump_verifier *verifier, ps_error *err)
{
    *verifier = (ps_dump_verifier){0};
    return ps_verifier_read(verifier, &dump->kernel, err);
}

bool ps_dump_verified_drivers(ps_dump *dump, const ps_dump_verified **items, size_t *count,
                              ps_error *err)
{
    ps_verified_list *list = &dump->lists.verified;

    *items = NULL;
    *count = 0;
    if (!list->known && !ps_verified_read(list, &dump->kernel, err))
        return false;
    *items = list->items;
    *count = list->count;
    return true;
}

bool ps_dump_verified_blocks(ps_dump *dump, const ps_dump_verified_block **items, size_t *count,
                             ps_error *err)
{
    ps_verified_block_list *list = &dump->lists.blocks;
    const ps_dump_verified *drivers;
    size_t driver_count;

    *items = NULL;
    *count = 0;
    if (!ps_dump_verified_drivers(dump, &drivers, &driver_count, err))
        return false;
    if (!list->known && !ps_verified_blocks_read(list, &dump->lists.verified, &dump->kernel, err))
        return false;
    *items = list->items;
    *count = list->count;
    return true;
}
