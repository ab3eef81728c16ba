/* version.c - which library this is. */
#include "base/error.h"

const char *ps_version(void) { return PS_VERSION; }

bool ps_check_abi(unsigned abi, ps_error *err)
{
    return abi == PS_ABI ||
           ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                   "compiled against interface %u, linked with poolsleuth %s of interface %u", abi,
                   PS_VERSION, (unsigned)PS_ABI);
}
