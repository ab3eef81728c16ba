/* no_waiting.h - nobody waits for another's lock on a database: here both are the program's own.  Programs are
 * linked with --wrap=sqlite3_busy_timeout. */
#ifndef TESTS_FUZZ_NO_WAITING_H
#define TESTS_FUZZ_NO_WAITING_H

#include <sqlite3.h>

int __real_sqlite3_busy_timeout(sqlite3 *db, int ms); /* NOLINT: the linker's name */
int __wrap_sqlite3_busy_timeout(sqlite3 *db, int ms); /* NOLINT */

int __wrap_sqlite3_busy_timeout(sqlite3 *db, int ms) /* NOLINT */
{
    (void)ms;
    return __real_sqlite3_busy_timeout(db, 0);
}

#endif
