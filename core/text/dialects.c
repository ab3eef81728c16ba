/* dialects.c - the list of dialects that are read by a detector and a row function. */
#include "text/dialect.h"

const ps_dialect *const ps_dialects[PS_DIALECTS + 1] = {
    &ps_flow_dialect,
    &ps_counters_dialect,
    &ps_get_counter_dialect,
    &ps_httperr_dialect,
    &ps_memsnap_dialect,
    &ps_handles_dialect,
    &ps_processlist_dialect,
    &ps_lm_dialect,
    &ps_listings_dialect,
    &ps_fltmc_dialect,
    &ps_services_dialect,
    &ps_blocks_dialect,
    &ps_verifier_dialect,
    &ps_tagjson_dialect,
    &ps_tss_dialect,
    &ps_blocktable_dialect,
    &ps_tagcsv_dialect,
    &ps_poolmonx_dialect,
    &ps_sysinformer_dialect,
    &ps_fields_dialect,
    &ps_formatted_dialect,
    &ps_foreign_listings_dialect,
    &ps_pooltimes_dialect,
    NULL,
};
