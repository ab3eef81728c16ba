/* files.h - the fixtures on disk, as bytes. */
#ifndef TESTS_SUPPORT_FILES_H
#define TESTS_SUPPORT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fixture {
    char *path;
    uint8_t *data;
    size_t size;
} fixture;

/* Files below a folder whose name ends in suffix, sorted by path; NULL and 0 if there are none. */
typedef struct fixture_list {
    fixture *items;
    size_t count;
} fixture_list;

/* Read every fixture with this suffix from the folders under tests/ that hold fixtures, and from
 * $POOLSLEUTH_FIXTURES, where the built ones are.  At most limit files. */
fixture_list fixtures_read(const char *suffix, size_t limit);

/* Read real samples from below $POOLSLEUTH_CORPUS; none where it is not set. */
fixture_list samples_read(const char *suffix, size_t limit);
void fixtures_free(fixture_list *list);

#endif
