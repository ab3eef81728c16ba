/* confine.h - which calls of the system a confined process may still make. */
#ifndef PS_BASE_CONFINE_H
#define PS_BASE_CONFINE_H

#include "base/error.h"

/* Refuse, from now on and for good, every call that reading files, computing and writing to open
 * descriptors does not need: they fail with EPERM.  New threads are allowed, new processes are
 * not.  False with PS_EUNSUPPORTED where the kernel or this processor has no filter. */
bool ps_confine_calls(ps_error *err);

#endif
