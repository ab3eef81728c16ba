/* severity.c - the words for how bad a remark of a reader is. */
#include "poolsleuth.h"

const char *ps_severity_name(ps_severity severity)
{
    static const char *const names[PS_SEVERITIES] = {
        [PS_NOTE] = "note",
        [PS_FLAGGED] = "flagged",
        [PS_REFUSED] = "refused",
        [PS_AMBIGUOUS] = "ambiguous",
    };

    return (unsigned)severity < PS_SEVERITIES ? names[severity] : "unknown";
}
