/* poolsleuth.h - the public C interface of libpoolsleuth.
 *
 * Three rules hold for every function here.
 *  1. A function that can fail returns bool and takes a ps_error last; on false the error is
 *     filled in, on true it is left alone.  The error may be NULL.  A bool without a ps_error
 *     answers a question, and a ps_read_status tells why memory in a dump could not be read.
 *  2. An object that is given out through a pointer to its pointer is the caller's, who gives it
 *     back with the *_close function of its type: a ps_snapshot with ps_snapshot_close, wherever it
 *     came from.  A struct that was filled with memory goes back with the *_close or *_free function
 *     beside it.  Closing NULL is allowed.  Out-parameters are NULL on failure.
 *  3. Pointers handed out by a getter (*_at, *_find and the like), and pointers to const, live as
 *     long as the object they came from, and no longer.  *_count tells how many there are, *_at gives
 *     the one at an index from 0, and NULL behind the last.
 *
 * Texts are UTF-8 and end in NUL.  Sizes are bytes unless the name says otherwise, times are seconds
 * since 1970, UTC.  Names of enumerators (*_name) are constant, "unknown" or the like for a value
 * that is none.  Objects hold no global state: different threads may use different objects at the
 * same time, and one object is used by one thread at a time.
 */
#ifndef POOLSLEUTH_H
#define POOLSLEUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PS_VERSION "0.1.0"

#if defined(_WIN32) && defined(PS_BUILD_SHARED)
#define PS_API __declspec(dllexport)
#elif defined(__GNUC__)
#define PS_API __attribute__((visibility("default")))
#else
#define PS_API
#endif

#if defined(__GNUC__)
#define PS_NODISCARD __attribute__((warn_unused_result))
#define PS_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define PS_NODISCARD
#define PS_PRINTF(f, a)
#endif

/* --- errors, progress --------------------------------------------------------------------- */

/* Why something failed. */
typedef enum ps_status {
    PS_OK,
    PS_EIO,          /* the operating system refused; the message says why */
    PS_ENOMEM,       /* allocation failed */
    PS_ETRUNCATED,   /* the input ends before what it announces */
    PS_EFORMAT,      /* the input contradicts itself or its format */
    PS_ELIMIT,       /* well-formed, but over a bound */
    PS_EUNSUPPORTED, /* a real thing that is not done here */
    PS_ECANCELLED,   /* the caller's progress function said stop */
} ps_status;

/* An offset that is none. */
#define PS_NOWHERE UINT64_MAX

/* What a function that failed tells of it.  The text is one line, lower case, without a full stop. */
typedef struct ps_error {
    ps_status code;
    uint64_t offset; /* where in the input; PS_NOWHERE when it has no place */
    char text[200];
} ps_error;

/* Called now and then from the thread that started the work, with units done of units in all.
 * Returning false cancels: the work ends with PS_ECANCELLED or with what is complete so far. */
typedef struct ps_progress {
    bool (*step)(void *context, uint64_t done, uint64_t total);
    void *context;
} ps_progress;

/* --- version, memory ---------------------------------------------------------------------- */

/* Raised whenever a program that was compiled before must be compiled again: a structure or an
 * enumeration changed otherwise than at its end, or a structure grew whose size programs know because
 * they make it, copy it or step through an array of it. */
#define PS_ABI 0

/* The version of the library that is linked, as PS_VERSION of its header. */
PS_API const char *ps_version(void);

/* Call it as ps_check_abi(PS_ABI, &err) first: false with PS_EUNSUPPORTED where the library that is
 * linked is another than the header that was compiled against. */
PS_API PS_NODISCARD bool ps_check_abi(unsigned abi, ps_error *err);

/* Where the library's memory comes from.  The functions may be called from any thread. */
typedef struct ps_allocator {
    void *(*allocate)(void *context, size_t size);            /* NULL when there is none */
    void *(*resize)(void *context, void *block, size_t size); /* likewise; block is not NULL */
    void (*release)(void *context, void *block);              /* block is not NULL */
    void *context;
} ps_allocator;

/* From now on take memory from this allocator, from the C library again where it is NULL.  It holds
 * for the whole process: call it while nothing of the library is open.  An allocator that refuses
 * is a bound on memory: what was asked for fails with PS_ENOMEM and leaves nothing behind.  The
 * libraries underneath (Zydis, libcrypto, SQLite, zstd) keep their own. */
PS_API PS_NODISCARD bool ps_use_allocator(const ps_allocator *allocator, ps_error *err);

/* --- confinement -------------------------------------------------------------------------- */

/* What a process keeps when it is to run what a stranger wrote. */
typedef struct ps_confinement {
    const char *const *read; /* files, and folders with all below, that may still be read */
    size_t read_count;
    uint64_t memory_bytes; /* of address space; 0 leaves it as it is */
    uint64_t processor_s;  /* of processor time, after which the process dies; 0 likewise */
} ps_confinement;

/* Layers that not every kernel has. */
enum {
    PS_CONFINED_FILES = 1 << 0, /* Landlock: no file but those given, and none to write */
    PS_CONFINED_CALLS = 1 << 1, /* seccomp: no new process, no network, no other privileges */
};

/* Confine the calling process for good: descriptors that are open stay usable, everything else is
 * given up.  Call it before there are threads.  layers tells which of the layers this kernel
 * holds up; limits of resources always hold.  On failure the process may be confined in part, and
 * should end. */
PS_API PS_NODISCARD bool ps_confine(const ps_confinement *to, unsigned *layers, ps_error *err);

/* --- limits ------------------------------------------------------------------------------- */

/* How far readers go with what an input claims.  Zero is the default.  What goes over a limit is
 * PS_ELIMIT, or left out with a problem that names the limit beside what was read.  Functions that end
 * in _within take them, NULL for the defaults, as the functions of the same name without it do.
 * The structure may grow: size tells which one the program was compiled with, as in
 *   ps_limits limits = {.size = sizeof limits, .driver_sites = 1000};
 */
typedef struct ps_limits {
    size_t size; /* sizeof(ps_limits) */

    uint64_t input_bytes;             /* of standard input; 1 GiB */
    uint64_t folder_files;            /* files in a list of a folder; 200,000 */
    uint64_t folder_depth;            /* folders within each other; 32, at most 4,096 */
    uint64_t archive_members;         /* members of an archive that are kept; 4,096 */
    uint64_t archive_directory_bytes; /* bytes of an archive's directory; 64 MiB */

    uint64_t driver_file_bytes;            /* bytes of a file that is scanned; 512 MiB */
    uint64_t driver_sections;              /* sections of an image; 512 */
    uint64_t driver_libraries;             /* libraries it imports from, and delayed ones; 2,048 */
    uint64_t driver_imports;               /* functions it imports; 32,768 */
    uint64_t driver_exports;               /* functions it exports; 16,384 */
    uint64_t driver_resources;             /* resources, listed with detail; 4,096 */
    uint64_t driver_version_strings;       /* strings of VERSIONINFO; 1,024 */
    uint64_t driver_signatures;            /* embedded and nested signatures; 16, at most 16 */
    uint64_t driver_certificates;          /* certificates in a signature; 64 */
    uint64_t driver_functions;             /* functions that are found; 300,000 */
    uint64_t driver_references;            /* places that name an import, and thunks; 100,000 */
    uint64_t driver_branches;              /* direct calls and jumps; 2,000,000 */
    uint64_t driver_sites;                 /* call sites; 100,000 */
    uint64_t driver_function_instructions; /* instructions decoded in a function; 40,000 */
    uint64_t driver_instructions;          /* instructions decoded in an image; 2,000,000 */
    uint64_t driver_function_steps; /* instructions followed in a function, as often as they are;
                                       600,000 */
    uint64_t driver_steps;          /* likewise in an image; 10,000,000 */
    uint64_t driver_problems;       /* problems that are kept, those of limits apart; 100 */

    uint64_t text_line_bytes; /* bytes of a line, which comes in pieces above; 1 MiB, at least 16 */
    uint64_t text_row_bytes;  /* bytes of a line that is a row of a table; 4,096, at most 4,096 */
    uint64_t text_problems;   /* problems that are kept; 10,000 */
    uint64_t text_totals;     /* snapshots without rows; 100,000 */
    uint64_t text_moments;    /* snapshots in one table; 20,000 */
    uint64_t text_reopened;   /* times that such a table goes back to an earlier one; 5,000 */
    uint64_t text_items;      /* items of a kind, modules, blocks and processes apart; 250,000 */
    uint64_t text_hosts;      /* times that a text names another host; 20,000 */
    uint64_t text_barren;   /* headers without rows, and logs of counters without samples; 2,000 */
    uint64_t text_refusals; /* refused rows of a table, after which none is repaired; 2,000 */
    uint64_t text_tries;    /* at rows whose columns run together; 5,000,000 */
    uint64_t counter_columns; /* counters in a log; 65,536 */
    uint64_t counter_hosts;   /* machines in a log; 16, at most 16 */
    uint64_t counter_samples; /* samples of totals that are kept of a log; 16,384 */
    uint64_t counter_points;  /* samples that are kept of a process in it; 64, at most 65,536 */

    uint64_t dump_segments;    /* segments of an ELF core; 65,536 */
    uint64_t dump_ranges;      /* ranges of a LiME image or of a page-range dump; 1,048,576 */
    uint64_t dump_modules;     /* loaded modules in the kernel's list; 4,096 */
    uint64_t dump_processes;   /* processes in it; 131,072 */
    uint64_t dump_lookasides;  /* entries of each list of lookaside lists; 16,384 */
    uint64_t dump_verified;    /* drivers in driver verifier's list; 4,096 */
    uint64_t dump_exports;     /* exports by name of a module in memory; 65,536 */
    uint64_t dump_imports;     /* imports of a module in memory; 32,768 */
    uint64_t dump_image_bytes; /* bytes of a module that is taken out of a dump; 64 MiB */

    uint64_t history_line_bytes; /* bytes of a line that is imported into a history; 256 MiB */
} ps_limits;

/* Fill in the defaults; size is sizeof(ps_limits) in the program. */
PS_API void ps_limits_default(ps_limits *limits, size_t size);

/* --- sources ------------------------------------------------------------------------------ */

/* What a source holds, by content: never by its name's extension. */
typedef enum ps_kind {
    PS_KIND_UNKNOWN, /* binary data of no known kind */
    PS_KIND_EMPTY,
    PS_KIND_HOLE, /* a sparse file whose first 64 KiB hold nothing */
    PS_KIND_TEXT,
    PS_KIND_PE,
    PS_KIND_DUMP,     /* Windows crash dump, PAGEDUMP or PAGEDU64 */
    PS_KIND_MINIDUMP, /* user-mode minidump, MDMP */
    PS_KIND_ELF,
    PS_KIND_LIME,
    PS_KIND_HIBERNATION,
    PS_KIND_ETL,
    PS_KIND_BLG,
    PS_KIND_EVTX,
    PS_KIND_HIVE,
    PS_KIND_SQLITE,
    PS_KIND_ZIP,
    PS_KIND_CAB,
    PS_KIND_7Z,
    PS_KIND_GZIP,
    PS_KIND_XZ,
    PS_KIND_VHD,
    PS_KIND_ZSTD,
    PS_KIND_BZIP2,
    PS_KIND_RAR,
    PS_KIND_TAR,
    PS_KIND_WIM,
    PS_KIND_OLE,    /* .msi, .doc, .xls, .msg */
    PS_KIND_OFFICE, /* .docx, .xlsx, .odt: a zip archive of a document; .rtf */
    PS_KIND_PDF,
    PS_KIND_PICTURE,
    PS_KIND_EVT,     /* event log of Windows before Vista */
    PS_KIND_DISK,    /* image of a disk or of a virtual machine's disk, other than VHD */
    PS_KIND_HISTORY, /* SQLite file of ours */
    PS_KIND_COUNT,
} ps_kind;

/* A short lower-case word for a kind: "text", "pe", "dump", ... */
PS_API const char *ps_kind_name(ps_kind kind);

/* Bytes that can be read at any offset: a file, standard input, or memory. */
typedef struct ps_source ps_source;

/* Open a regular file for reading; "-" is standard input, read whole (at most 1 GiB), which a signal
 * ends with PS_ECANCELLED where its handler does not restart calls.  A folder, a device or a missing
 * file is PS_EIO. */
PS_API PS_NODISCARD bool ps_source_open(ps_source **out, const char *path, ps_error *err);
/* The same within limits. */
PS_API PS_NODISCARD bool ps_source_open_within(ps_source **out, const char *path,
                                               const ps_limits *limits, ps_error *err);
/* A source over the caller's bytes, which must outlive it. */
PS_API PS_NODISCARD bool ps_source_memory(ps_source **out, const void *data, size_t size,
                                          ps_error *err);
/* Its size when it was opened. */
PS_API uint64_t ps_source_size(const ps_source *source);
/* Modification time in seconds since 1970; INT64_MIN where there is none. */
PS_API int64_t ps_source_mtime(const ps_source *source);
/* Read up to size bytes at offset; *got is short only at the end of the source.  A file that
 * shrinks or fails under the reader is PS_EIO with the offset. */
PS_API PS_NODISCARD bool ps_source_read(ps_source *source, uint64_t offset, void *buffer,
                                        size_t size, size_t *got, ps_error *err);
/* The next range that is not a hole, at or after offset; *begin == *end at the end of data. */
PS_API PS_NODISCARD bool ps_source_next_data(ps_source *source, uint64_t offset, uint64_t *begin,
                                             uint64_t *end, ps_error *err);
/* Read the whole source into memory that the caller frees with ps_bytes_free.  A source over limit
 * bytes is PS_ELIMIT. */
PS_API PS_NODISCARD bool ps_source_read_all(ps_source *source, uint64_t limit, uint8_t **data,
                                            size_t *size, ps_error *err);
/* Give back what ps_source_read_all gave; NULL is allowed. */
PS_API void ps_bytes_free(uint8_t *data);
/* What the source is, decided on its first 64 KiB and its map of holes. */
PS_API PS_NODISCARD bool ps_source_probe(ps_source *source, ps_kind *kind, ps_error *err);
PS_API void ps_source_close(ps_source *source);

/* SHA-256 of a whole source as 64 lower-case hex digits and a NUL. */
PS_API PS_NODISCARD bool ps_source_sha256(ps_source *source, char hex[65], ps_error *err);

/* --- archives ----------------------------------------------------------------------------- */

/* What an archive holds; nothing is unpacked. */
typedef struct ps_archive ps_archive;

/* A member of an archive. */
typedef struct ps_member {
    const char *name; /* UTF-8, or ASCII with ? for what is not; / between folders */
    uint64_t size;    /* of the member when unpacked */
} ps_member;

/* List the members of a zip archive (ZIP64 too) or a cabinet; any other source is PS_EUNSUPPORTED.
 * At most 4,096 members are kept; the total says how many there are. */
PS_API PS_NODISCARD bool ps_archive_read(ps_archive **out, ps_source *source, ps_error *err);
/* The same within limits. */
PS_API PS_NODISCARD bool ps_archive_read_within(ps_archive **out, ps_source *source,
                                                const ps_limits *limits, ps_error *err);
PS_API size_t ps_archive_count(const ps_archive *archive);
/* How many members there are, those that were not kept too. */
PS_API uint64_t ps_archive_total(const ps_archive *archive);
PS_API const ps_member *ps_archive_at(const ps_archive *archive, size_t index);
PS_API void ps_archive_close(ps_archive *archive);

/* --- folders ------------------------------------------------------------------------------ */

/* Every regular file below a folder, in the order of names, folders where their names stand.  Links
 * to files are followed, links to folders are not. */
typedef struct ps_folder ps_folder;

/* A part of a folder that is missing from the list. */
typedef struct ps_folder_problem {
    const char *path, *text; /* what could not be reached, and why */
} ps_folder_problem;

/* List a folder, at most 200,000 files.  What cannot be reached, be it the folder itself, is a
 * problem of the list; only PS_ENOMEM is a failure. */
PS_API PS_NODISCARD bool ps_folder_list(ps_folder **out, const char *path, ps_error *err);
/* The same within limits; those that cannot be are a failure too. */
PS_API PS_NODISCARD bool ps_folder_list_within(ps_folder **out, const char *path,
                                               const ps_limits *limits, ps_error *err);
PS_API size_t ps_folder_count(const ps_folder *folder);
PS_API const char *ps_folder_at(const ps_folder *folder, size_t index);
PS_API size_t ps_folder_problem_count(const ps_folder *folder);
PS_API const ps_folder_problem *ps_folder_problem_at(const ps_folder *folder, size_t index);
PS_API void ps_folder_close(ps_folder *folder);

/* --- the pool model ----------------------------------------------------------------------- */

/* A tag is the 32-bit value whose bytes in memory are the four characters: "Even" is 0x6e657645.
 * Bit 31 marks protected pool. */
typedef uint32_t ps_tag;
#define PS_TAG_PROTECTED UINT32_C(0x80000000)

/* Four bytes as printed by the debugger: '.' for what is not printable ASCII, and a NUL. */
PS_API void ps_tag_text(ps_tag tag, char text[5]);

/* The two pools. */
typedef enum ps_pool { PS_POOL_NONPAGED, PS_POOL_PAGED } ps_pool;

/* Which numbers of a row are known: unknown is not 0. */
enum {
    PS_KNOW_ALLOCS = 1,
    PS_KNOW_FREES = 2,
    PS_KNOW_DIFF = 4,
    PS_KNOW_BYTES = 8,
    PS_KNOW_PER_ALLOC = 16,
    PS_KNOW_DELTA_ALLOCS = 32,
    PS_KNOW_DELTA_FREES = 64,
    PS_KNOW_DELTA_BYTES = 128,
};

/* What is odd about a row. */
enum {
    PS_ROW_PROTECTED = 1,          /* bit 31 of the tag is set */
    PS_ROW_DIFF_MISMATCH = 2,      /* (allocs - frees) mod 2^32 is not diff */
    PS_ROW_PER_ALLOC_MISMATCH = 4, /* floor(bytes / diff) is not per_alloc */
    PS_ROW_TAG_AMBIGUOUS = 8, /* the text shows '.' or '?' where a byte may have been anything */
    PS_ROW_ROUNDED = 16,      /* the source gives rounded numbers */
    PS_ROW_DUPLICATE = 32,    /* the same tag, pool and session stood earlier in the snapshot */
    PS_ROW_UNCONFIRMED = 64,  /* nothing in the source binds its numbers: no sum, no other number */
};

/* Sessions that are none. */
#define PS_NO_SESSION (-1)
#define PS_ALL_SESSIONS (-2) /* the sum over all sessions */

/* One tag in one pool, as a source tells it. */
typedef struct ps_row {
    ps_tag tag;
    uint8_t pool;    /* ps_pool */
    uint8_t known;   /* PS_KNOW_* */
    uint16_t flags;  /* PS_ROW_* */
    int32_t session; /* PS_NO_SESSION for system pool */
    uint32_t line;   /* 1-based line of a text source; 0 where there is none */
    uint64_t offset; /* byte offset of the row in its source */
    uint64_t allocs, frees, per_alloc;
    int64_t diff, bytes;
    int64_t delta_allocs, delta_frees, delta_bytes; /* since the display's last refresh */
    const char *note; /* Mapped_Driver or description as the source has it; NULL if none */
} ps_row;

/* Memory totals that a source may carry, all in bytes unless named otherwise. */
typedef enum ps_memory_field {
    PS_MEM_PHYSICAL,
    PS_MEM_AVAILABLE,
    PS_MEM_COMMIT,
    PS_MEM_COMMIT_LIMIT,
    PS_MEM_COMMIT_PEAK,
    PS_MEM_NONPAGED,
    PS_MEM_PAGED,
    PS_MEM_NONPAGED_LIMIT,
    PS_MEM_PAGED_LIMIT,
    PS_MEM_KERNEL_RESIDENT,
    PS_MEM_PAGED_RESIDENT,
    PS_MEM_PAGE_FAULTS,     /* a count, cumulative in a lone snapshot */
    PS_MEM_POOL_FAILURES,   /* a count of failed pool allocations */
    PS_MEM_TAGGED_NONPAGED, /* the source's own TOTAL over all tags */
    PS_MEM_TAGGED_PAGED,
    PS_MEM_TAGGED_NONPAGED_COUNT, /* allocations in use, a count */
    PS_MEM_TAGGED_PAGED_COUNT,
    PS_MEM_FREE_PTES, /* free system PTEs, a count of pages */
    PS_MEM_UPTIME_S,
    PS_MEM_NONPAGED_ALLOCS, /* allocations in use by the counters, counts */
    PS_MEM_PAGED_ALLOCS,
    PS_MEM_PROCESSES, /* objects of the kind, counts, as the rest */
    PS_MEM_THREADS,
    PS_MEM_HANDLES,
    PS_MEM_EVENTS,
    PS_MEM_SEMAPHORES,
    PS_MEM_MUTEXES,
    PS_MEM_SECTIONS,
    PS_MEM_FIELDS,
} ps_memory_field;

/* The JSON name of a field: "physical_bytes", "nonpaged_limit_bytes", "uptime_s", ... */
PS_API const char *ps_memory_name(ps_memory_field field);

/* What a snapshot promises about its rows. */
typedef enum ps_scope {
    PS_SCOPE_PART,   /* an excerpt, a filter, a top list */
    PS_SCOPE_WHOLE,  /* the source claims to hold all tags */
    PS_SCOPE_TOTALS, /* memory totals only, no rows */
} ps_scope;

/* A time that is not known. */
#define PS_NO_TIME INT64_MIN

/* The pools of one machine at one moment: rows, totals, and what is known of where they are from. */
typedef struct ps_snapshot ps_snapshot;

/* An empty snapshot.  origin says what it was read from, and is copied. */
PS_API PS_NODISCARD bool ps_snapshot_new(ps_snapshot **out, const char *origin, ps_error *err);
PS_API void ps_snapshot_close(ps_snapshot *snapshot);
/* Append a copy of row; its note is copied too.  Sets the flags that follow from the numbers
 * (protected, mismatches) on top of those given. */
PS_API PS_NODISCARD bool ps_snapshot_add(ps_snapshot *snapshot, const ps_row *row, ps_error *err);
/* Set a total; a field that there is not is passed over. */
PS_API void ps_snapshot_set_memory(ps_snapshot *snapshot, ps_memory_field field, uint64_t value);
/* What it promises; PS_SCOPE_PART at first. */
PS_API void ps_snapshot_set_scope(ps_snapshot *snapshot, ps_scope scope);
/* Something binds the numbers of all rows of a pool, or speaks against them: none of them, or all,
 * are unconfirmed. */
PS_API void ps_snapshot_bind(ps_snapshot *snapshot, ps_pool pool, bool bound);
/* Seconds since 1970, UTC; of a local time of unknown zone, as if it were UTC. */
PS_API void ps_snapshot_set_time(ps_snapshot *snapshot, int64_t time);
/* The name of the machine, which is copied. */
PS_API PS_NODISCARD bool ps_snapshot_set_host(ps_snapshot *snapshot, const char *host,
                                              ps_error *err);
/* Lines of the source, first and last, 1-based. */
PS_API void ps_snapshot_set_lines(ps_snapshot *snapshot, uint32_t first, uint32_t last);

/* "poolmon", "poolmon -n", "!poolused", "!vm", ... */
PS_API const char *ps_snapshot_origin(const ps_snapshot *snapshot);
PS_API size_t ps_snapshot_count(const ps_snapshot *snapshot);
PS_API const ps_row *ps_snapshot_at(const ps_snapshot *snapshot, size_t index);
/* A total; false where it is not known. */
PS_API bool ps_snapshot_memory(const ps_snapshot *snapshot, ps_memory_field field, uint64_t *value);
/* What it promises about its rows. */
PS_API ps_scope ps_snapshot_scope(const ps_snapshot *snapshot);
/* When it was taken; PS_NO_TIME if unknown. */
PS_API int64_t ps_snapshot_time(const ps_snapshot *snapshot);
/* The name of the machine; NULL if unknown. */
PS_API const char *ps_snapshot_host(const ps_snapshot *snapshot);
/* Its first and last line in the source; 0 where there are none. */
PS_API void ps_snapshot_lines(const ps_snapshot *snapshot, uint32_t *first, uint32_t *last);
/* The row of tag (bit 31 ignored), pool and session, or NULL. */
PS_API const ps_row *ps_snapshot_find(const ps_snapshot *snapshot, ps_tag tag, ps_pool pool,
                                      int32_t session);

/* --- statistics of one series -------------------------------------------------------------- */

/* Values in order of time.  Points of different runs of the machine are never compared. */
typedef struct ps_series {
    const double *values;
    const double *times;  /* in any unit, never falling; NULL: 0, 1, 2, ... */
    const uint32_t *runs; /* of the machine, one a point; NULL: one run */
    size_t count;
} ps_series;

/* Mann-Kendall: how surely the values rise or fall. */
typedef struct ps_kendall {
    double s, variance; /* the variance without correction, less what ties take away */
    double correction;  /* factor on the variance for autocorrelation; 1 without */
    double z, p, p_two; /* p one-sided for growth */
    double tau;         /* Kendall's tau-b; 0 where it is undefined */
} ps_kendall;

/* With corrected, the variance is widened as Hamed and Rao propose, never narrowed. */
PS_API PS_NODISCARD bool ps_kendall_of(const ps_series *series, bool corrected, ps_kendall *out,
                                       ps_error *err);

/* Theil and Sen: the median slope of all pairs, with the interval by Sen. */
typedef struct ps_sen {
    double slope, intercept; /* intercept: median of what remains at time 0 */
    double low, high;
    uint64_t pairs;
} ps_sen;

/* z: how wide the interval is, 1.959964 for 95 %.  Over 2,000 points every k-th is taken. */
PS_API PS_NODISCARD bool ps_sen_of(const ps_series *series, double z, ps_sen *out, ps_error *err);

/* Mann-Kendall and Theil-Sen over points of equal phase only (Hirsch and Slack). */
typedef struct ps_seasonal {
    double s, variance, z, p, p_two, slope;
    double low, high; /* interval of the slope */
    uint64_t pairs;
    size_t period; /* phases */
} ps_seasonal;

/* The phase of a point is its index modulo period. */
PS_API PS_NODISCARD bool ps_seasonal_of(const ps_series *series, size_t period, ps_seasonal *out,
                                        ps_error *err);

/* Pettitt: after how many points the level changed most, and how surely. */
typedef struct ps_pettitt {
    double u, p;
    size_t after;
} ps_pettitt;

/* after is 0 and p is 1 where there are too few points. */
PS_API PS_NODISCARD bool ps_pettitt_of(const ps_series *series, ps_pettitt *out, ps_error *err);

/* Least values of neighbouring windows: a leak's floor rises. */
typedef struct ps_minima {
    size_t windows, steps, rises, falls; /* steps: neighbouring pairs inside one run */
    double first, last; /* means of the first and of the last third of the least values */
} ps_minima;

/* Windows of width points, counted from the start of each run; a shorter rest is left out. */
PS_API ps_minima ps_minima_of(const ps_series *series, size_t width);

/* Page and Hinkley: number of the point, from 1, at which a rise of the mean is noticed; 0 if at
 * none. */
PS_API size_t ps_page_hinkley(const double *values, size_t count, double delta, double lambda);

/* Least squares. */
typedef struct ps_ols {
    double slope, intercept, r2, error; /* error: standard error of the slope */
} ps_ols;

/* One slope for all runs; 0 where there are too few points. */
PS_API ps_ols ps_ols_of(const ps_series *series);

/* A drift that holds against a level that wanders: least squares on what is left once the
 * persistence of the residuals is taken out; on the steps where it is as good as whole. */
typedef struct ps_drift {
    double slope, z, p;
    double persistence; /* of the residuals from one point to the next: 0 none, 1 a random walk */
} ps_drift;

/* How closely the movements of b follow those of a, inside runs; NAN values are left out. */
typedef struct ps_lockstep {
    double ratio;       /* growth of b for one of a */
    double residual;    /* share of b's movement that the ratio leaves unexplained; 0 is perfect */
    double correlation; /* of the steps; 0 where one side moves evenly */
    size_t steps;
} ps_lockstep;

/* Of two series of one length.  False where fewer than three steps are known, or one does not move. */
PS_API bool ps_lockstep_of(const double *a, const double *b, const uint32_t *runs, size_t count,
                           ps_lockstep *out);

/* When a line through the values meets a limit, counted from the last point. */
typedef struct ps_forecast {
    double now;            /* the line at the last point */
    double eta, low, high; /* in units of time; INFINITY where it never does */
} ps_forecast;

/* Times in the unit of the line; eta is never below 0. */
PS_API ps_forecast ps_forecast_of(const ps_sen *line, double last_time, double limit);

/* What a series is called.  The names are the words of a verdict: "LEAK", "NOT-ENOUGH-DATA". */
typedef enum ps_word {
    PS_WORD_NOT_ENOUGH_DATA,
    PS_WORD_NO_LEAK,       /* grew by too little to matter */
    PS_WORD_LOAD,          /* moves, but not beyond what its own wandering explains */
    PS_WORD_BURST,         /* one step explains the growth better than a steady rise */
    PS_WORD_PLATEAU,       /* grew, and has stopped */
    PS_WORD_GROWING_CACHE, /* grows, ever slower */
    PS_WORD_SUSPECT,
    PS_WORD_LEAK,
    PS_WORDS,
} ps_word;

/* "LEAK", "NO-LEAK", "NOT-ENOUGH-DATA", ... */
PS_API const char *ps_word_name(ps_word word);

/* How sure a statement is. */
typedef enum ps_confidence { PS_LOW, PS_MEDIUM, PS_HIGH } ps_confidence;

/* "low", "medium", "high" */
PS_API const char *ps_confidence_name(ps_confidence confidence);

/* What it takes; start from ps_thresholds_default. */
typedef struct ps_thresholds {
    double min_growth_bytes; /* less growth than this is noise */
    double min_growth_ratio; /* likewise, of what the series had */
    double short_span_s;     /* over a shorter time nothing is more than suspect */
    double never_freed;      /* a tag that frees less of its allocations never frees */
    double significant_z;    /* of the trend and of the drift: 2.326 is a one-sided p of 0.01 */
    double fading;           /* a second half slower than this share of the whole is fading */
    double flat;            /* and one that brings less than this share of the growth has stopped */
    double floor_share;     /* share of the growth that what it falls back to must share in */
    double step_fit;        /* a step that leaves less than this share of a line's misfit is one */
    double false_discovery; /* share of chance findings that is borne among many tags at once */
} ps_thresholds;

/* What the program itself judges by. */
PS_API ps_thresholds ps_thresholds_default(void);

/* What else is known of a series; zero where it is not. */
typedef struct ps_context {
    double span_s;                    /* of the series; 0 if there are no times */
    double hours_per_time;            /* unit of its times, for periods of a day; 0 if unknown */
    uint32_t intervals, rises, falls; /* of the full series, before it was thinned */
    double growth;                    /* summed over the runs; NAN: take it from the values */
    double freed_ratio;               /* NAN if unknown */
} ps_context;

/* The word, and every number that made it. */
typedef struct ps_judgement {
    ps_word word;
    ps_confidence confidence;
    const char *reason; /* the rule that decided, in a few words */
    size_t points;
    ps_kendall trend; /* seasonal where period is not 0 */
    ps_sen slope;     /* likewise */
    size_t period;    /* phases of a period, 0 if there is none */
    double growth;    /* by the slope over the whole */
    double relative;  /* of the median */
    bool shaped;      /* it grew enough to matter: what follows was measured */
    ps_drift drift;
    double p; /* chance of such a drift: by drift, or by the signs where it hardly ever falls; 1 if
                 not measured */
    double early, late; /* slope of the first and of the second half */
    double late_growth; /* what the second half brought, by its slope */
    ps_minima minima;
    double floor_share; /* growth of the minima over growth of the whole */
    ps_pettitt change;
    /* What one step leaves of a line's misfit, its one parameter more paid for: under 1 it fits
     * better. */
    double step_fit;
    double bend_fit; /* likewise a line with one bend, two parameters more */
} ps_judgement;

/* thresholds and context may be NULL. */
PS_API PS_NODISCARD bool ps_series_judge(const ps_series *series, const ps_context *context,
                                         const ps_thresholds *thresholds, ps_judgement *out,
                                         ps_error *err);

/* Benjamini and Hochberg: the largest p that stands among count at once, 0 if none does; share is
 * what is borne of chance findings.  Sorts the ps. */
PS_API double ps_discovery_limit(double *ps, size_t count, double share);

/* A series seen point by point, in fixed memory: least squares and the alarm exact, the rest on at
 * most 256 points evenly spread over all. */
typedef struct ps_online ps_online;

/* What is known of such a series so far. */
typedef struct ps_online_result {
    uint64_t count;
    ps_ols line;
    double mean, least, most;
    ps_kendall trend;
    ps_sen slope;
    ps_minima minima;  /* of up to 16 windows */
    uint64_t alarm_at; /* of Page and Hinkley, from 1; 0 if none */
    size_t kept;
    uint64_t stride;
} ps_online_result;

/* delta and lambda: of the alarm, in units of the values. */
PS_API PS_NODISCARD bool ps_online_new(ps_online **out, double delta, double lambda, ps_error *err);
/* The next point; its time is not before that of the last one. */
PS_API void ps_online_add(ps_online *online, double time, double value);
/* Measure what was seen so far; more points may follow. */
PS_API PS_NODISCARD bool ps_online_read(const ps_online *online, ps_online_result *out,
                                        ps_error *err);
PS_API void ps_online_close(ps_online *online);

/* --- differences and trends --------------------------------------------------------------- */

/* What became of a tag. */
typedef enum ps_change_state {
    PS_STATE_SAME,
    PS_STATE_GREW,
    PS_STATE_SHRANK,
    PS_STATE_NEW,      /* absent before, in a snapshot that claims to be whole */
    PS_STATE_VANISHED, /* absent after, likewise */
    PS_STATE_UNKNOWN,  /* one side does not have the tag and does not claim to be whole */
} ps_change_state;

/* What happened to one tag between two snapshots. */
typedef struct ps_change {
    ps_tag tag; /* bit 31 cleared */
    uint8_t pool;
    uint8_t known;         /* PS_KNOW_ALLOCS, _FREES, _DIFF, _BYTES: which differences are known */
    ps_change_state state; /* by bytes, else by diff */
    bool wrapped;          /* a 32-bit counter passed 2^32 in between, and was repaired */
    int32_t session;
    int64_t allocs, frees, diff, bytes; /* after - before */
    const ps_row *before, *after;       /* NULL where the side does not have it */
} ps_change;

/* All that changed between two snapshots. */
typedef struct ps_diff ps_diff;

/* Both snapshots must outlive the diff.  Changes are ordered by growth in bytes, most first; equal
 * ones by tag, pool and session. */
PS_API PS_NODISCARD bool ps_diff_open(ps_diff **out, const ps_snapshot *before,
                                      const ps_snapshot *after, ps_error *err);
/* The counters fell together: the machine was started anew in between.  Differences of allocs and
 * frees are then unknown. */
PS_API bool ps_diff_reboot(const ps_diff *diff);
PS_API size_t ps_diff_count(const ps_diff *diff);
PS_API const ps_change *ps_diff_at(const ps_diff *diff, size_t index);
PS_API void ps_diff_close(ps_diff *diff);

/* How one tag moved over a series.  Only values inside one run of the machine are compared. */
typedef struct ps_trend_row {
    ps_tag tag; /* bit 31 cleared */
    uint8_t pool;
    int32_t session;
    uint32_t points;    /* snapshots in which its bytes are known */
    uint32_t intervals; /* neighbouring pairs inside one run of the machine */
    uint32_t rises, falls;
    int64_t first_bytes, last_bytes, least_bytes, most_bytes;
    int64_t growth;      /* bytes, summed over the runs */
    int64_t diff_growth; /* allocations in use, likewise */
    bool has_diff;
    bool has_rate; /* times are known, so that slopes are bytes an hour */
    ps_judgement judged;
    bool by_chance; /* significant alone, but not among so many tags */
    bool has_freed;
    uint64_t allocs, frees; /* made during the series, wraps repaired */
    bool wrapped;
    const ps_row *last; /* in the newest snapshot that has it; lives as long as the trend */
} ps_trend_row;

/* How every tag moved over a series of snapshots. */
typedef struct ps_trend ps_trend;

/* Follow count snapshots; times in seconds, one each, or NULL if there are none to trust; they are
 * copied.  A time before the one in front of it is a clock that was set back: the usual interval is
 * taken instead. */
PS_API PS_NODISCARD bool ps_trend_begin(ps_trend **out, const int64_t *times, size_t count,
                                        ps_error *err);
/* The next snapshot, in order; it may be closed afterwards.  After a failure, and over the count
 * that was announced, the trend can only be closed. */
PS_API PS_NODISCARD bool ps_trend_feed(ps_trend *trend, const ps_snapshot *snapshot, ps_error *err);
/* Thresholds of the judgements, NULL for the default; before the trend is finished. */
PS_API void ps_trend_set_thresholds(ps_trend *trend, const ps_thresholds *thresholds);
/* No more snapshots come, be they fewer than announced: measure.  The getters have nothing to give
 * before.  Rows are ordered by growth, most first; equal ones by tag, pool and session.  Over 192
 * snapshots are thinned evenly for slopes and tests, never for growth and counts. */
PS_API PS_NODISCARD bool ps_trend_finish(ps_trend *trend, ps_error *err);
/* All three at once. */
PS_API PS_NODISCARD bool ps_trend_open(ps_trend **out, const ps_snapshot *const *snapshots,
                                       const int64_t *times, size_t count, ps_error *err);
/* Judge a row anew, by other thresholds, or NULL for the trend's; what other tags rise by is not asked
 * again. */
PS_API PS_NODISCARD bool ps_trend_judge(const ps_trend *trend, size_t index,
                                        const ps_thresholds *thresholds, ps_judgement *out,
                                        ps_error *err);
/* How many tags were tested at once, and the p that a rise must stay under among them: 0 if none does. */
PS_API size_t ps_trend_tested(const ps_trend *trend, double *limit);
PS_API size_t ps_trend_count(const ps_trend *trend);
PS_API const ps_trend_row *ps_trend_at(const ps_trend *trend, size_t index);
/* Whether the machine was started anew between snapshots index - 1 and index. */
PS_API bool ps_trend_reboot_before(const ps_trend *trend, size_t index);
/* How closely row b's allocations in use follow row a's: ratio is growth of b over growth of a,
 * residual the share of b's movement that ratio leaves unexplained, 0 being perfect.  False where
 * either has fewer than three known intervals or does not move. */
PS_API bool ps_trend_lockstep(const ps_trend *trend, size_t a, size_t b, double *ratio,
                              double *residual);
/* How many points a trend keeps of each tag: one a snapshot, evenly thinned over 192. */
PS_API size_t ps_trend_points(const ps_trend *trend);
/* The bytes of a row at one of them, and which snapshot that is, from 0.  False where that snapshot
 * does not know them. */
PS_API bool ps_trend_point(const ps_trend *trend, size_t index, size_t point, size_t *snapshot,
                           int64_t *bytes);
PS_API void ps_trend_close(ps_trend *trend);

/* --- text evidence ------------------------------------------------------------------------ */

/* How bad a remark of a reader is. */
typedef enum ps_severity {
    PS_NOTE,      /* worth knowing: a unit assumed, a banner seen */
    PS_FLAGGED,   /* read, but its numbers contradict each other */
    PS_REFUSED,   /* looks like data and was not understood: its numbers are missing */
    PS_AMBIGUOUS, /* can be read in two ways that both fit: its numbers are missing */
    PS_SEVERITIES,
} ps_severity;

/* "note", "flagged", "refused", "ambiguous" */
PS_API const char *ps_severity_name(ps_severity severity);

/* A remark of a reader about a place in its source. */
typedef struct ps_problem {
    ps_severity severity;
    uint32_t line;      /* 1-based; 0 where it has none */
    uint64_t offset;    /* byte offset of the line in the source; PS_NOWHERE where it has none */
    const char *reason; /* lower case, no full stop */
    const char *text;   /* the line, shortened, as UTF-8; NULL where it has none */
} ps_problem;

/* A loaded module as driverquery or lm list it. */
typedef struct ps_module {
    const char *name;   /* "acmeflt" or "acmeflt.sys", as the source has it */
    const char *path;   /* NULL if the source has none */
    uint64_t base, end; /* 0 if the source has none */
    bool unloaded;
    uint32_t line;
    uint64_t size;        /* of the image; 0 if the source has none */
    const char *state;    /* "running" or "stopped"; NULL if the source has none */
    const char *altitude; /* of a minifilter: "385201"; NULL if it is none or has none */
    const char *version;  /* of the file; NULL if the source has none */
    const char *company;  /* likewise */
    const char *display;  /* its name for people, likewise */
    const char *origin;   /* "lm", "driverquery", "fltmc", ... */
    int64_t instances;    /* of a minifilter; -1 if unknown */
    bool has_timestamp;   /* the next two are of the PE header */
    uint32_t timestamp;
    bool has_checksum;
    uint32_t checksum;
} ps_module;

/* Whether a block is in use. */
typedef enum ps_block_state {
    PS_BLOCK_UNSAID,
    PS_BLOCK_ALLOCATED,
    PS_BLOCK_FREE,
} ps_block_state;

/* One allocation of pool, as !pool, !poolfind or !verifier 3 list it. */
typedef struct ps_block {
    uint64_t address, size; /* size in bytes, its header included where the source counts so */
    uint64_t previous_size; /* of the block before it */
    bool has_size, has_previous_size;
    bool has_tag, has_pool;
    bool marked; /* the block that the command was asked for */
    ps_tag tag;
    uint16_t flags; /* PS_ROW_PROTECTED, PS_ROW_TAG_AMBIGUOUS */
    uint8_t pool;   /* ps_pool */
    ps_block_state state;
    uint64_t caller_address; /* 0 if unknown */
    const char *caller;      /* "acmeflt!Read+0x4c", or the driver's name; NULL if unknown */
    const char *note;        /* owner or description; NULL if none */
    const char *origin;      /* "!pool", "!poolfind", "!verifier" */
    uint32_t line;
    uint64_t offset;
} ps_block;

/* Numbers of a process, in bytes unless named otherwise. */
typedef enum ps_process_field {
    PS_PROCESS_WORKING_SET,
    PS_PROCESS_NONPAGED,
    PS_PROCESS_PAGED,
    PS_PROCESS_PAGE_FILE,
    PS_PROCESS_COMMIT,  /* private bytes */
    PS_PROCESS_HANDLES, /* a count, as the next three */
    PS_PROCESS_THREADS,
    PS_PROCESS_GDI_OBJECTS,
    PS_PROCESS_USER_OBJECTS,
    PS_PROCESS_FIELDS,
} ps_process_field;

/* The JSON name of a field: "nonpaged_bytes", "handles", ... */
PS_API const char *ps_process_field_name(ps_process_field field);

/* The id of a process that is not known. */
#define PS_NO_ID UINT64_MAX

/* A process, as a list or counters tell it. */
typedef struct ps_process {
    uint64_t id;      /* PS_NO_ID if unknown */
    const char *name; /* "System", "svchost.exe", "svchost#3" */
    const char *user; /* NULL if unknown */
    const char *host; /* likewise */
    int32_t session;  /* PS_NO_SESSION if unknown */
    uint32_t known;   /* bit ps_process_field is set if the value is */
    uint64_t values[PS_PROCESS_FIELDS];
    bool has_exited, exited; /* it ended and something still refers to it */
    int64_t time;            /* PS_NO_TIME if unknown */
    const char *origin;      /* "memsnap", "tasklist", "counters", ... */
    uint32_t line;
    uint64_t offset;
} ps_process;

/* Numbers of a driver under Driver Verifier, in bytes where the name says so, else counts. */
typedef enum ps_verified_field {
    PS_VERIFIED_LOADS,
    PS_VERIFIED_UNLOADS,
    PS_VERIFIED_NONPAGED_ALLOCS, /* outstanding */
    PS_VERIFIED_NONPAGED_BYTES,
    PS_VERIFIED_PAGED_ALLOCS,
    PS_VERIFIED_PAGED_BYTES,
    PS_VERIFIED_PEAK_NONPAGED_ALLOCS,
    PS_VERIFIED_PEAK_NONPAGED_BYTES,
    PS_VERIFIED_PEAK_PAGED_ALLOCS,
    PS_VERIFIED_PEAK_PAGED_BYTES,
    PS_VERIFIED_LEAKED_ALLOCS, /* not freed when it was unloaded */
    PS_VERIFIED_LEAKED_BYTES,
    PS_VERIFIED_FIELDS,
} ps_verified_field;

/* The JSON name of a field: "loads", "nonpaged_bytes", ... */
PS_API const char *ps_verified_field_name(ps_verified_field field);

/* A driver under Driver Verifier, and what is counted of it. */
typedef struct ps_verified {
    const char *driver; /* "acmeflt.sys"; "" if the source does not name it */
    const char *state;  /* "loaded", "unloaded"; NULL if the source has none */
    const char *note;   /* NULL if none */
    uint32_t known;     /* bit ps_verified_field is set if the value is */
    uint64_t values[PS_VERIFIED_FIELDS];
    const char *origin; /* "!verifier", "verifier /query", "bug check c4" */
    uint32_t line;
    uint64_t offset;
} ps_verified;

/* --- lists of items ----------------------------------------------------------------------- */

/* What every item begins with: handles, services, events and the like have a struct and a table of
 * fields each. */
typedef struct ps_item {
    const char *origin; /* "handle -a", "sc query", "wevtutil", ... */
    const char *host;   /* NULL if unknown */
    int64_t time;       /* PS_NO_TIME if unknown */
    uint32_t line;
    uint64_t offset;
} ps_item;

/* A number of an item that its source does not give. */
#define PS_UNKNOWN UINT64_MAX

/* In the structs below a text is NULL and a number PS_UNKNOWN where the source has none. */

/* How many handles are open: of one process or, without a process, of the machine. */
typedef struct ps_handles {
    ps_item item;
    const char *process; /* "svchost.exe"; NULL for the sum over all processes */
    uint64_t pid;
    const char *type; /* "Event", "File"; NULL for all types */
    uint64_t count;
} ps_handles;

/* A service or driver as the service control manager or the registry knows it. */
typedef struct ps_service {
    ps_item item;
    const char *name, *display_name;
    const char *type;  /* "kernel driver", "file system driver", "own process", ... */
    const char *state; /* "running", "stopped", "start pending", ... */
    const char *start; /* "boot", "system", "auto", "demand", "disabled" */
    const char *path, *group;
    uint64_t tag;       /* its place in the load order group, no pool tag */
    uint64_t exit_code; /* of the last start */
} ps_service;

/* An event of an event log; item.host is its computer, item.time when it was logged. */
typedef struct ps_event {
    ps_item item;
    uint64_t id;
    const char *provider, *log;
    const char *level; /* "critical", "error", "warning", "information", "verbose" or as written */
    const char *text;
    const char *parameters; /* lines "name=value", "=value" where there is no name */
    uint64_t zoned;         /* 1 if the source says in which zone its time is, 0 if not */
} ps_event;

/* A session of event tracing, whose buffers are pool. */
typedef struct ps_logger {
    ps_item item;
    const char *name;
    const char *type;  /* "Trace" and the like, as written */
    const char *state; /* "running", "stopped" or as written */
    uint64_t id;
    uint64_t buffers;      /* allocated now */
    uint64_t buffer_bytes; /* each */
    uint64_t minimum, maximum, free_buffers, buffers_written, buffers_lost, events_lost;
    uint64_t nonpaged_bytes, paged_bytes; /* that the buffers take of the pools */
    const char *mode, *file;
} ps_logger;

/* A file of the registry, or a hive in memory. */
typedef struct ps_hive {
    ps_item item;
    const char *path;
    uint64_t bytes;          /* of the file, or of the stable part in memory */
    uint64_t volatile_bytes; /* that are in memory alone */
} ps_hive;

/* A file as sigcheck describes it. */
typedef struct ps_file {
    ps_item item;
    const char *path;
    const char *verified; /* "Signed", "Unsigned", or why it does not verify */
    int64_t signed_at;    /* PS_NO_TIME if unknown, as the next one */
    int64_t linked_at;
    const char *publisher, *company, *description, *product, *version, *product_version;
    const char *machine; /* "64-bit" */
    const char *md5, *sha1, *sha256, *imphash;
    const char *detections; /* of VirusTotal, as written */
} ps_file;

/* A stretch of time in which somebody was refused, for want of pool or another reason; item.time is its
 * beginning. */
typedef struct ps_mark {
    ps_item item;
    int64_t until;      /* its end; PS_NO_TIME if unknown */
    const char *reason; /* "Connections_Refused" */
    const char *pool;   /* that was exhausted, "nonpaged" or "paged"; NULL if none was */
    uint64_t count;     /* how often it was told */
    const char *text;
} ps_mark;

/* Which struct an item is: ps_handles, ps_service, ps_event, ps_logger, ps_hive, ps_file, ps_mark. */
typedef enum ps_item_kind {
    PS_ITEM_HANDLES,
    PS_ITEM_SERVICES,
    PS_ITEM_EVENTS,
    PS_ITEM_LOGGERS,
    PS_ITEM_HIVES,
    PS_ITEM_FILES,
    PS_ITEM_MARKS,
    PS_ITEM_KINDS,
} ps_item_kind;

/* What a field of an item holds. */
typedef enum ps_item_type {
    PS_ITEM_TEXT,   /* const char *, NULL if unknown */
    PS_ITEM_NUMBER, /* uint64_t, PS_UNKNOWN if so */
    PS_ITEM_TIME,   /* int64_t, PS_NO_TIME if unknown */
    PS_ITEM_FLAG,   /* uint64_t 0 or 1, PS_UNKNOWN if unknown */
    PS_ITEM_PAIRS,  /* const char *: lines "name=value" */
} ps_item_type;

/* One field of a kind's struct, those of ps_item apart. */
typedef struct ps_item_field {
    const char *name; /* also in JSON */
    ps_item_type type;
    size_t offset; /* in the struct */
} ps_item_field;

/* "handles", "services", "events", "loggers", "hives", "files", "marks" */
PS_API const char *ps_item_kind_name(ps_item_kind kind);
/* The fields of a kind in their order, constant; NULL and 0 for a kind that there is not. */
PS_API const ps_item_field *ps_item_fields(ps_item_kind kind, size_t *count);

/* --- reading texts ------------------------------------------------------------------------ */

/* Everything that was recognised in a text. */
typedef struct ps_text ps_text;

/* Read every snapshot and list of a text in any supported dialect and encoding; data may go
 * afterwards.  A text in which nothing is recognised is not an error: it has no snapshots.  Lines are
 * never dropped in silence: what looks like data and is not understood becomes a problem. */
PS_API PS_NODISCARD bool ps_text_parse(ps_text **out, const void *data, size_t size, ps_error *err);
/* The same through a window that moves over the source: the memory that it takes grows with what is
 * found, not with the source.  A source that fails on the way is an error, never a shorter text;
 * progress, which may be NULL, is told bytes. */
PS_API PS_NODISCARD bool ps_text_read(ps_text **out, ps_source *source, const ps_progress *progress,
                                      ps_error *err);
/* The first within limits. */
PS_API PS_NODISCARD bool ps_text_parse_within(ps_text **out, const void *data, size_t size,
                                              const ps_limits *limits, ps_error *err);
/* The second within limits. */
PS_API PS_NODISCARD bool ps_text_read_within(ps_text **out, ps_source *source,
                                             const ps_progress *progress, const ps_limits *limits,
                                             ps_error *err);
PS_API size_t ps_text_snapshot_count(const ps_text *text);
PS_API const ps_snapshot *ps_text_snapshot_at(const ps_text *text, size_t index);
PS_API size_t ps_text_problem_count(const ps_text *text);
PS_API const ps_problem *ps_text_problem_at(const ps_text *text, size_t index);
/* How many problems there were of a severity, those beyond the 10,000 that are kept too. */
PS_API uint64_t ps_text_problem_total(const ps_text *text, ps_severity severity);
PS_API size_t ps_text_module_count(const ps_text *text);
PS_API const ps_module *ps_text_module_at(const ps_text *text, size_t index);
PS_API size_t ps_text_block_count(const ps_text *text);
PS_API const ps_block *ps_text_block_at(const ps_text *text, size_t index);
PS_API size_t ps_text_process_count(const ps_text *text);
PS_API const ps_process *ps_text_process_at(const ps_text *text, size_t index);
PS_API size_t ps_text_verified_count(const ps_text *text);
PS_API const ps_verified *ps_text_verified_at(const ps_text *text, size_t index);
/* Items of a kind, in the order of the text: a ps_handles, ps_service, ps_event, ps_logger, ps_hive,
 * ps_file or ps_mark, each of which begins with a ps_item. */
PS_API size_t ps_text_item_count(const ps_text *text, ps_item_kind kind);
/* One of them; its kind says which struct it is. */
PS_API const void *ps_text_item_at(const ps_text *text, ps_item_kind kind, size_t index);
/* Lines of the text. */
PS_API uint32_t ps_text_line_count(const ps_text *text);
/* Lines that were rows of data and were read. */
PS_API uint32_t ps_text_row_line_count(const ps_text *text);
/* "utf-8", "utf-16le", "utf-16be", "8-bit": how the bytes were understood. */
PS_API const char *ps_text_encoding(const ps_text *text);
PS_API void ps_text_close(ps_text *text);

/* --- tag files (pooltag.txt) -------------------------------------------------------------- */

/* A row of a tag file. */
typedef struct ps_tagfile_row {
    const char *pattern; /* as written, with ? and *, at most four characters */
    const char *binary;  /* "acme.sys", "nt!mm", "<unknown>"; "" if the row has none */
    const char *text;    /* description; "" if the row has none */
    uint32_t line;
} ps_tagfile_row;

/* A tag file: who uses which tag. */
typedef struct ps_tagfile ps_tagfile;

/* Read a tag file; data may go afterwards.  Lines that are no row become problems, never a failure. */
PS_API PS_NODISCARD bool ps_tagfile_parse(ps_tagfile **out, const void *data, size_t size,
                                          ps_error *err);
PS_API size_t ps_tagfile_count(const ps_tagfile *file);
PS_API const ps_tagfile_row *ps_tagfile_at(const ps_tagfile *file, size_t index);
/* The rows for a tag, most specific first (exact before ?, ? before *; bit 31 ignored); writes at
 * most limit indices and returns how many match with the best specificity. */
PS_API size_t ps_tagfile_find(const ps_tagfile *file, ps_tag tag, size_t *indices, size_t limit);
PS_API size_t ps_tagfile_problem_count(const ps_tagfile *file);
PS_API const ps_problem *ps_tagfile_problem_at(const ps_tagfile *file, size_t index);
PS_API void ps_tagfile_close(ps_tagfile *file);

/* --- drivers ------------------------------------------------------------------------------ */

/* What a call does. */
typedef enum ps_site_role {
    PS_SITE_ALLOCATES,
    PS_SITE_FREES,
    PS_SITE_UNTAGGED, /* allocates without a tag: ExAllocatePool and the like */
} ps_site_role;

enum { PS_VIA_LIMIT = 4 };

/* One call of a pool API. */
typedef struct ps_site {
    const char *api; /* import name */
    ps_site_role role;
    uint32_t rva;          /* of the call instruction */
    uint32_t function_rva; /* of the function it is in; 0 if unknown */
    bool has_tag;          /* tag is constant */
    ps_tag tag;
    const char *reason; /* NULL if constant, else why not: "parameter", "global", "computed", ... */
    ps_tag known_bits;  /* where it is not: those of its bits that known_mask has are sure */
    uint32_t known_mask;
    const char
        *detail; /* what the tag is for, "FLT_STREAM_CONTEXT"; NULL if there is no more to say */
    bool unreachable; /* nothing that is known leads to the function */
    bool has_pool, has_size;
    uint64_t pool_flags; /* POOL_TYPE, or the POOL_FLAGS of ExAllocatePool2/3: pool_is_flags */
    bool pool_is_flags;
    uint64_t size;    /* bytes asked for */
    uint8_t argument; /* 0-based index of the tag argument */
    ps_confidence confidence;
    uint8_t via_count;          /* wrappers between this call and the API: 0 for a direct call */
    uint32_t via[PS_VIA_LIMIT]; /* RVAs of the wrapper functions, innermost first */
} ps_site;

/* What an image imports. */
typedef struct ps_import {
    const char *dll;
    const char *name; /* NULL for an import by ordinal */
    uint16_t ordinal;
    uint32_t slot_rva; /* of its entry in the import address table */
    bool delayed;
} ps_import;

/* A section of an image, as its table of sections has it. */
typedef struct ps_section {
    char name[9];
    uint32_t rva, virtual_size, file_offset, file_size, flags;
} ps_section;

/* A string of VERSIONINFO, UTF-8: key "CompanyName", value "Acme Inc.". */
typedef struct ps_version_string {
    uint16_t language, codepage;
    const char *key, *value;
} ps_version_string;

/* What the headers of an image say, and what was found out about it as a whole. */
typedef struct ps_driver_facts {
    uint16_t machine;         /* IMAGE_FILE_MACHINE_* */
    const char *machine_name; /* "x64", "x86", "arm64", "arm", "ia64", or hex */
    bool pe32_plus;
    uint16_t subsystem;
    uint32_t timestamp, checksum, image_size, entry_rva;
    uint64_t image_base, file_size;
    bool has_fixed_version;
    uint16_t file_version[4], product_version[4];
    const char *pdb_path; /* NULL if none */
    char pdb_guid[37];    /* upper-case text form; "" if none */
    uint32_t pdb_age;
    bool imports_dynamically; /* MmGetSystemRoutineAddress or FltGetRoutineAddress is imported */
    bool packed;              /* code that only its own start makes readable */
    bool has_kmdf;            /* built on the kernel-mode driver framework, of this version */
    uint32_t kmdf_major, kmdf_minor;
    bool sites_supported;             /* call sites are recovered for this machine */
    uint32_t functions, instructions; /* how much was walked, for figures */
} ps_driver_facts;

/* A driver: an image whose call sites were looked for. */
typedef struct ps_driver ps_driver;

/* Read a PE image from memory as it lies in a file; data may go afterwards.  What is no such image is
 * PS_EFORMAT or PS_ETRUNCATED; what is broken in one is a problem of the driver. */
PS_API PS_NODISCARD bool ps_driver_parse(ps_driver **out, const void *data, size_t size,
                                         ps_error *err);
/* Never NULL. */
PS_API const ps_driver_facts *ps_driver_get_facts(const ps_driver *driver);
PS_API size_t ps_driver_section_count(const ps_driver *driver);
PS_API const ps_section *ps_driver_section_at(const ps_driver *driver, size_t index);
PS_API size_t ps_driver_import_count(const ps_driver *driver);
PS_API const ps_import *ps_driver_import_at(const ps_driver *driver, size_t index);
PS_API size_t ps_driver_version_count(const ps_driver *driver);
PS_API const ps_version_string *ps_driver_version_at(const ps_driver *driver, size_t index);
PS_API size_t ps_driver_site_count(const ps_driver *driver);
PS_API const ps_site *ps_driver_site_at(const ps_driver *driver, size_t index);
/* Routines whose names stand in a driver that looks routines up while it runs. */
PS_API size_t ps_driver_looked_up_count(const ps_driver *driver);
/* The name of one of them. */
PS_API const char *ps_driver_looked_up_at(const ps_driver *driver, size_t index);
PS_API size_t ps_driver_problem_count(const ps_driver *driver);
PS_API const ps_problem *ps_driver_problem_at(const ps_driver *driver, size_t index);
PS_API void ps_driver_close(ps_driver *driver);

/* --- identity and signatures of a driver -------------------------------------------------- */

/* What one file is, beside its names. */
typedef struct ps_identity {
    char imphash[33];           /* "" without imports */
    uint32_t checksum_computed; /* what the checksum of the header should be */
    bool reproducible;          /* the timestamp is a hash of the contents, no time */
    bool has_rich, rich_intact; /* the linker's record of tools, and whether its checksum holds */
    uint32_t rich_key;
    bool has_load_config;
    uint32_t guard_flags; /* IMAGE_GUARD_*: 0x100 control flow guard instrumented, ... */
    uint64_t overlay_offset,
        overlay_size; /* bytes behind the sections that no signature explains */
    /* Only with ps_read_options.detail: */
    bool has_detail;
    char md5[33], sha1[41];          /* of the whole file */
    char pe_sha1[41], pe_sha256[65]; /* of what Authenticode signs */
    double entropy;                  /* bits a byte of the whole file */
} ps_identity;

/* One line of the linker's record: objects made by a tool. */
typedef struct ps_rich_entry {
    uint16_t product, build;
    uint32_t count;
} ps_rich_entry;

/* What an image exports. */
typedef struct ps_export {
    const char *name; /* NULL if exported by ordinal alone */
    uint32_t ordinal, rva;
    const char *forward; /* "NTOSKRNL.RtlFoo"; NULL if it is not forwarded */
} ps_export;

/* A resource of an image. */
typedef struct ps_resource {
    const char *type; /* "version", "string", ..., "#240", or its own name */
    const char *name; /* "#1", or its own name */
    uint16_t language;
    uint32_t rva, size;
} ps_resource;

/* Where a signature was found. */
typedef enum ps_signature_source {
    PS_SIGNATURE_EMBEDDED, /* in the file's certificate table */
    PS_SIGNATURE_NESTED,   /* inside another signature */
    PS_SIGNATURE_CATALOG,  /* in a catalog that lists the file's digest */
} ps_signature_source;

/* What a signature is worth, worst first. */
typedef enum ps_signature_status {
    PS_SIGNATURE_BAD,          /* not well-formed, or its mathematics does not hold */
    PS_SIGNATURE_MISMATCH,     /* holds, but the file is not what was signed */
    PS_SIGNATURE_TEST,         /* holds; the signer vouches for itself, or is a test authority's */
    PS_SIGNATURE_EXPIRED,      /* holds; a certificate was not valid at the time that counts */
    PS_SIGNATURE_UNKNOWN_ROOT, /* holds; does not lead to a root that the user gave */
    PS_SIGNATURE_CHAINED,      /* holds, and leads to a root that the user gave */
} ps_signature_status;

/* "bad-signature", "digest-mismatch", "test-signed", "expired", "unknown-root", "chained" */
PS_API const char *ps_signature_status_name(ps_signature_status status);

/* A certificate of a chain. */
typedef struct ps_certificate {
    const char *subject, *issuer;  /* the name a person would say */
    const char *serial;            /* hex */
    int64_t not_before, not_after; /* PS_NO_TIME if not readable */
} ps_certificate;

/* A signature of a driver and what it is worth. */
typedef struct ps_signature {
    ps_signature_source source;
    ps_signature_status status;
    const char *reason;    /* what limits the status; NULL if nothing does */
    const char *algorithm; /* of the digest: "sha256"; NULL if not readable, like the next two */
    const char *digest;    /* as signed, hex */
    const char *computed;  /* of this file, hex */
    const char *program;   /* what the signer calls it; NULL if nothing */
    const char *catalog;   /* file that lists the digest; NULL unless source says so */
    const ps_certificate *chain; /* the signer's first; verified only where status is chained */
    size_t chain_count;          /* 0 if the signer's certificate is missing */
    const char *const *usages;   /* "code signing", "Windows hardware driver attested", ... */
    size_t usage_count;
    int64_t time;            /* when it was signed, by a countersignature that holds; PS_NO_TIME */
    const char *time_source; /* "rfc3161" or "countersignature"; NULL without a time */
    const char *time_signer; /* likewise */
    const char *pages;       /* page hashes: "sha1", "sha256"; NULL if it has none */
    bool pages_checked;      /* only with detail */
    bool pages_match;
} ps_signature;

/* Roots and catalogs that the user trusts or has; none come with the library. */
typedef struct ps_trust ps_trust;

/* Nothing is trusted at first. */
PS_API PS_NODISCARD bool ps_trust_new(ps_trust **out, ps_error *err);
/* Certificates in PEM, each trusted as it is.  None in it is PS_EFORMAT. */
PS_API PS_NODISCARD bool ps_trust_add_roots(ps_trust *trust, const void *pem, size_t size,
                                            ps_error *err);
/* A security catalog (.cat) by its bytes; its own signature is judged with the roots added before.
 * What is no catalog is PS_EFORMAT. */
PS_API PS_NODISCARD bool ps_trust_add_catalog(ps_trust *trust, const char *name, const void *data,
                                              size_t size, ps_error *err);
PS_API size_t ps_trust_root_count(const ps_trust *trust);
PS_API size_t ps_trust_catalog_count(const ps_trust *trust);
/* Digests in all catalogs together. */
PS_API size_t ps_trust_member_count(const ps_trust *trust);
PS_API void ps_trust_close(ps_trust *trust);

/* How a driver is read; all zero is as ps_driver_parse does. */
typedef struct ps_read_options {
    bool detail; /* hashes, entropy, page hashes, exports, resources: what a page about one file
                    shows and an index of many does without */
    const ps_trust *trust; /* NULL: nothing is trusted.  It outlives the drivers that are read with
                              it; threads may share one that does not change */
    int64_t now;           /* for signatures that prove no time; 0: the present */
} ps_read_options;

/* As ps_driver_parse; options may be NULL. */
PS_API PS_NODISCARD bool ps_driver_read(ps_driver **out, const void *data, size_t size,
                                        const ps_read_options *options, ps_error *err);
/* The same within limits. */
PS_API PS_NODISCARD bool ps_driver_read_within(ps_driver **out, const void *data, size_t size,
                                               const ps_read_options *options,
                                               const ps_limits *limits, ps_error *err);
/* Never NULL. */
PS_API const ps_identity *ps_driver_get_identity(const ps_driver *driver);
PS_API size_t ps_driver_signature_count(const ps_driver *driver);
/* Embedded ones first, as they stand in the file, each nested one behind all that hold it. */
PS_API const ps_signature *ps_driver_signature_at(const ps_driver *driver, size_t index);
PS_API size_t ps_driver_rich_count(const ps_driver *driver);
PS_API const ps_rich_entry *ps_driver_rich_at(const ps_driver *driver, size_t index);
/* The next three need detail. */
PS_API bool ps_driver_section_entropy(const ps_driver *driver, size_t index, double *entropy);
PS_API size_t ps_driver_export_count(const ps_driver *driver);
PS_API const ps_export *ps_driver_export_at(const ps_driver *driver, size_t index);
PS_API size_t ps_driver_resource_count(const ps_driver *driver);
PS_API const ps_resource *ps_driver_resource_at(const ps_driver *driver, size_t index);

/* Scan many files with all cores.  Each result is a driver or an error, in the order of paths. */
typedef struct ps_scan ps_scan;

/* How files are scanned; all zero is one thread a core, in silence. */
typedef struct ps_scan_options {
    unsigned threads; /* 0: one for each core */
    ps_progress progress;
    ps_read_options read;
} ps_scan_options;

/* What became of one file. */
typedef struct ps_scan_result {
    const char *path;
    const ps_driver *driver; /* NULL if the file is not a driver or could not be read: see error */
    char sha256[65];
    ps_kind kind;
    ps_error error;
} ps_scan_result;

/* Scan files; the paths must outlive the scan, options may be NULL.  A file that fails is a result
 * with an error.  Where progress says stop, files that were not reached have the error
 * PS_ECANCELLED. */
PS_API PS_NODISCARD bool ps_scan_open(ps_scan **out, const char *const *paths, size_t count,
                                      const ps_scan_options *options, ps_error *err);
/* The same within limits, which each file has for itself. */
PS_API PS_NODISCARD bool ps_scan_open_within(ps_scan **out, const char *const *paths, size_t count,
                                             const ps_scan_options *options,
                                             const ps_limits *limits, ps_error *err);
PS_API size_t ps_scan_count(const ps_scan *scan);
PS_API const ps_scan_result *ps_scan_at(const ps_scan *scan, size_t index);
PS_API void ps_scan_close(ps_scan *scan);

/* Count raw occurrences of a byte string in files, for leads and for peers' figures. */
typedef struct ps_raw_hits {
    const char *path; /* borrowed from the caller's paths */
    uint64_t count;
    uint64_t first_offset;
    ps_error error; /* code PS_OK if the file was read */
} ps_raw_hits;

/* hits has room for count results; the paths must outlive them.  Where progress says stop, files that were not
 * reached have the error PS_ECANCELLED.  options may be NULL. */
PS_API PS_NODISCARD bool ps_raw_search(const char *const *paths, size_t count, const void *needle,
                                       size_t needle_size, const ps_scan_options *options,
                                       ps_raw_hits *hits, ps_error *err);

/* --- dumps and memory images -------------------------------------------------------------- */

/* What a read of memory came to: no status but PS_READ_OK is an empty answer. */
typedef enum ps_read_status {
    PS_READ_OK,
    PS_READ_NOT_IN_DUMP,   /* the container does not hold the page */
    PS_READ_NOT_PRESENT,   /* the page tables map nothing there */
    PS_READ_PAGED_OUT,     /* it is in a page file or in the compressed store */
    PS_READ_TABLE_MISSING, /* a page table on the way is not in the dump */
    PS_READ_NOT_CANONICAL, /* no address of this machine */
    PS_READ_FAILED,        /* the file could not be read */
} ps_read_status;

/* "not in the dump", "paged out", ... */
PS_API const char *ps_read_status_text(ps_read_status status);

/* How memory is laid into a file. */
typedef enum ps_container {
    PS_CONTAINER_FULL,    /* Windows dump with runs of pages: type 1 */
    PS_CONTAINER_SUMMARY, /* kernel dump of old builds: type 2 */
    PS_CONTAINER_HEADER,  /* a header and nothing else: type 3 */
    PS_CONTAINER_TRIAGE,  /* minidump of the kernel: type 4 */
    PS_CONTAINER_BITMAP,  /* types 5, 6, 7 */
    PS_CONTAINER_RANGES,  /* types 8, 9, 10 */
    PS_CONTAINER_ELF,
    PS_CONTAINER_LIME,
    PS_CONTAINER_VMWARE,
    PS_CONTAINER_RAW,
} ps_container;

/* "full dump", "bitmap dump", "ELF core", ... */
PS_API const char *ps_container_name(ps_container container);

/* What a dump is and what its header says. */
typedef struct ps_dump_facts {
    ps_container container;
    unsigned bits; /* 32 or 64; 0 where unknown */
    uint64_t file_size;
    uint64_t present_pages;   /* 4 KiB pages that are in the file */
    uint64_t announced_pages; /* those that it says it has: more where it is cut */

    bool has_header; /* the rest is of a Windows dump's header */
    bool has_kernel; /* of an image without one: the rest is of the kernel that was found in it */
    bool checked_build, pae;
    bool has_bugcheck, has_time, has_uptime, has_expected_size, has_attributes;
    uint32_t dump_type;
    uint32_t build; /* 7601, 19041, ... */
    uint16_t machine;
    const char *machine_name;
    uint32_t processors;
    uint32_t product;    /* 1 workstation, 2 domain controller, 3 server; 0 unknown */
    uint64_t table_base; /* DirectoryTableBase */
    uint64_t loaded_modules, processes, debugger_data; /* addresses of the lists and of KDBG */
    uint32_t bugcheck, attributes;
    const char *bugcheck_name; /* NULL if unknown */
    uint64_t bugcheck_parameters[4];
    int64_t time; /* seconds since 1970, UTC, of the crash */
    uint64_t uptime_s;
    uint64_t expected_size; /* RequiredDumpSpace */
    const char *comment;    /* NULL if none */
} ps_dump_facts;

/* A dump of a machine, or an image of its memory. */
typedef struct ps_dump ps_dump;

/* How a dump is opened; all zero is a file that stands alone, in silence. */
typedef struct ps_dump_options {
    const char *companion; /* VMware's other file (.vmss or .vmsn beside a .vmem); NULL if none */
    ps_progress progress;  /* of a search for the kernel, in bytes of the file: images without a
                              header, and dumps whose header is wrong, are searched for it */
} ps_dump_options;

/* Open a dump or an image of memory, detected by content.  Dumps of programs, hibernation files, archives and
 * disks are PS_EUNSUPPORTED with advice; what has no header, and a page or more, is taken for the memory
 * itself: ps_source_probe tells what else it may be.  options may be NULL. */
PS_API PS_NODISCARD bool ps_dump_open(ps_dump **out, const char *path,
                                      const ps_dump_options *options, ps_error *err);
/* The same within limits, which hold for all that is read of the dump. */
PS_API PS_NODISCARD bool ps_dump_open_within(ps_dump **out, const char *path,
                                             const ps_dump_options *options,
                                             const ps_limits *limits, ps_error *err);
PS_API void ps_dump_close(ps_dump *dump);
/* Never NULL. */
PS_API const ps_dump_facts *ps_dump_get_facts(const ps_dump *dump);
PS_API size_t ps_dump_problem_count(const ps_dump *dump);
PS_API const ps_problem *ps_dump_problem_at(const ps_dump *dump, size_t index);
/* Up to size bytes of physical memory; *got is short where a page is missing. */
PS_API ps_read_status ps_dump_read_physical(ps_dump *dump, uint64_t address, void *buffer,
                                            size_t size, size_t *got);

/* A module of the kernel in a dump. */
typedef struct ps_dump_module {
    const char *name; /* "acmeflt.sys" */
    const char *path; /* as the kernel has it; the name where it has none */
    uint64_t base, size;
    uint32_t timestamp, checksum; /* 0 where unknown */
    bool unloaded;
    int64_t unloaded_time; /* PS_NO_TIME if unknown */
} ps_dump_module;

/* Loaded modules in the order in which they were loaded, then unloaded ones. */
PS_API size_t ps_dump_module_count(const ps_dump *dump);
PS_API const ps_dump_module *ps_dump_module_at(const ps_dump *dump, size_t index);
/* The module that holds an address, or NULL. */
PS_API const ps_dump_module *ps_dump_module_find(const ps_dump *dump, uint64_t address);
/* Up to size bytes of the kernel's virtual memory; 32-bit addresses may be sign-extended. */
PS_API ps_read_status ps_dump_read(ps_dump *dump, uint64_t address, void *buffer, size_t size,
                                   size_t *got);

/* The PDB that the kernel in the dump wants, for its layouts and symbols. */
typedef struct ps_dump_symbols {
    const char *name, *guid; /* "" where the dump does not say */
    uint32_t age;
    bool loaded;
} ps_dump_symbols;
/* Which PDB that is, and whether it was taken. */
PS_API ps_dump_symbols ps_dump_get_symbols(const ps_dump *dump);
/* Take a file for that PDB; PS_EFORMAT where it is another's. */
PS_API PS_NODISCARD bool ps_dump_use_pdb(ps_dump *dump, const char *path, ps_error *err);
/* The address of a symbol of the kernel, by the PDB or by its exports. */
PS_API bool ps_dump_symbol(ps_dump *dump, const char *name, uint64_t *address);

/* What !poolused and !vm tell: a row for each tag and pool, summed over the tables of all
 * processors, and the totals that the dump has.  A dump without tag tables (a triage dump, an old
 * kernel without tagging, missing pages) gives a snapshot of totals alone and a problem that says
 * why. */
PS_API PS_NODISCARD bool ps_dump_snapshot(ps_dump *dump, ps_snapshot **out, ps_error *err);

/* How an address is translated, and where that ends. */
enum { PS_DUMP_LEVELS = 5 };
/* The way of an address through the page tables. */
typedef struct ps_dump_translation {
    struct {
        uint64_t address, value; /* the entry's physical address, and the entry */
    } entries[PS_DUMP_LEVELS];   /* the topmost table's first */
    unsigned count;
    uint64_t physical, page_size;
    bool transition, prototype;
    bool held; /* the page is in the file */
} ps_dump_translation;
/* Translate an address; what was passed on the way is told on failure too. */
PS_API ps_read_status ps_dump_translate(ps_dump *dump, uint64_t address, ps_dump_translation *to);

/* The headers of a module as they lie in memory. */
enum { PS_DUMP_SECTIONS = 96, PS_DUMP_DIRECTORIES = 16 };
/* A section of a module in memory. */
typedef struct ps_dump_section {
    char name[9];
    uint32_t rva, size, flags;
} ps_dump_section;
/* What the headers of a module in memory say. */
typedef struct ps_dump_image {
    bool wide;
    uint16_t machine;
    uint32_t timestamp, checksum, image_size, entry_rva;
    struct {
        uint32_t rva, size;
    } directories[PS_DUMP_DIRECTORIES];
    ps_dump_section sections[PS_DUMP_SECTIONS];
    size_t section_count;
    char pdb_name[64], pdb_guid[37]; /* "" where the image does not say */
    uint32_t pdb_age;
} ps_dump_image;
/* Read the headers of the module at base. */
PS_API ps_read_status ps_dump_get_image(ps_dump *dump, uint64_t base, ps_dump_image *image);

/* What a loaded module exports by name, in the order of addresses. */
typedef struct ps_dump_export {
    const char *name;
    uint64_t address;
    uint32_t ordinal;
    bool forwarded; /* to another module: the address is of that text */
} ps_dump_export;
/* The exports of the module at an index of the list of modules; *status says why they are not
 * whole.  Valid until the dump is closed. */
PS_API PS_NODISCARD bool ps_dump_exports(ps_dump *dump, size_t module, const ps_dump_export **items,
                                         size_t *count, ps_read_status *status, ps_error *err);
/* A public symbol of the kernel's PDB; false behind the last. */
PS_API bool ps_dump_public_at(const ps_dump *dump, size_t index, const char **name,
                              uint64_t *address);

/* What lies at or before an address in its module. */
typedef struct ps_dump_name {
    const ps_dump_module *module; /* NULL where no module holds the address */
    const char *name;             /* NULL where no symbol is known before it */
    uint64_t address;             /* of the symbol */
} ps_dump_name;
/* Name an address.  That nothing is known of it is no failure. */
PS_API PS_NODISCARD bool ps_dump_near(ps_dump *dump, uint64_t address, ps_dump_name *name,
                                      ps_error *err);

/* Where a module's imports were read. */
typedef enum ps_import_source {
    PS_IMPORTS_DESCRIPTORS, /* the tables that name them */
    PS_IMPORTS_TABLE,       /* the import address table alone: named by what its slots point at */
    PS_IMPORTS_SCAN,        /* anywhere in the image: it names no table */
} ps_import_source;
/* An import of a module in memory. */
typedef struct ps_dump_import {
    const char *dll, *name; /* NULL where unknown */
    uint32_t ordinal;       /* where it is imported by ordinal */
    uint64_t slot, target;
    ps_read_status status; /* of reading the slot */
} ps_dump_import;
/* The imports of one module. */
typedef struct ps_dump_imports ps_dump_imports;
/* The imports of the module at base, which need not be on any disk. */
PS_API PS_NODISCARD bool ps_dump_imports_open(ps_dump_imports **out, ps_dump *dump, uint64_t base,
                                              ps_error *err);
PS_API void ps_dump_imports_close(ps_dump_imports *imports);
PS_API size_t ps_dump_imports_count(const ps_dump_imports *imports);
PS_API const ps_dump_import *ps_dump_imports_at(const ps_dump_imports *imports, size_t index);
/* *missing: why part of the tables could not be read, PS_READ_OK where all was. */
PS_API ps_import_source ps_dump_imports_source(const ps_dump_imports *imports,
                                               ps_read_status *missing);

/* A module as a file that a reader of drivers takes: its sections where they lie in memory, pages
 * that cannot be read as zeros, imports rebuilt from their slots where the descriptors are gone. */
typedef struct ps_dump_file {
    uint8_t *bytes;
    size_t size;
    uint64_t missing_pages;   /* that are zeros now */
    uint64_t discarded_pages; /* such pages of sections that a driver gives back once it runs */
    ps_read_status missing_status;
    uint64_t rebuilt_imports;
} ps_dump_file;
/* Make a file of the module at base.  Where its headers cannot be read it is PS_EFORMAT with the
 * cause. */
PS_API PS_NODISCARD bool ps_dump_file_open(ps_dump *dump, uint64_t base, ps_dump_file *file,
                                           ps_error *err);
PS_API void ps_dump_file_close(ps_dump_file *file);

/* A search through memory. */
typedef struct ps_dump_query {
    bool physical;
    uint64_t start, length;
    const void *pattern; /* of size bytes, at most 256 */
    size_t size;
    size_t step;                 /* hits lie at multiples of it behind start; 1 for strings */
    size_t limit;                /* of hits; 0 for 10,000 */
    unsigned threads;            /* 0: one for each core */
    const ps_progress *progress; /* told bytes; may be NULL */
} ps_dump_query;
/* Where it was found. */
typedef struct ps_dump_found {
    uint64_t *addresses; /* ascending */
    size_t count;
    bool more;                     /* the search ended at its limit */
    bool stopped;                  /* progress said so */
    uint64_t searched, missing;    /* bytes; missing ones are mapped nowhere or not in the dump */
    ps_read_status missing_status; /* of the first that is missing */
} ps_dump_found;
/* Search.  A range with pages that are missing is searched as far as it is there. */
PS_API PS_NODISCARD bool ps_dump_search(ps_dump *dump, const ps_dump_query *query,
                                        ps_dump_found *found, ps_error *err);
PS_API void ps_dump_found_free(ps_dump_found *found);

/* What the kernel of a dump keeps beside its tag tables.  Each list is read at the first call and
 * belongs to the dump: it is valid until the dump is closed or takes a PDB.  Where a list breaks off,
 * the dump gets a problem that says where; what cannot be read at all is an error that names the
 * cause: pages that are missing, or the PDB whose symbols are needed. */

/* The build whose built-in layouts stand in for those of the kernel's PDB: its own, or the nearest
 * older one that is known.  0 where a PDB is there, or no build is known. */
PS_API uint32_t ps_dump_layouts_of(const ps_dump *dump);

/* A block of the big-page table: one of a page or more, without a header of its own. */
typedef struct ps_dump_big {
    uint64_t address, size;
    ps_tag tag;
    ps_pool pool;
    uint32_t pool_type; /* the table's own word; 0 before Vista, whose table has none */
} ps_dump_big;
/* Every big block in use, by address. */
PS_API PS_NODISCARD bool ps_dump_bigs(ps_dump *dump, const ps_dump_big **items, size_t *count,
                                      ps_error *err);

/* A big block of a session's own pool: each session has a table, and the same addresses. */
typedef struct ps_dump_session_big {
    ps_dump_big block;
    uint32_t session;
} ps_dump_session_big;
/* Every big block of every session. */
PS_API PS_NODISCARD bool ps_dump_session_bigs(ps_dump *dump, const ps_dump_session_big **items,
                                              size_t *count, ps_error *err);

/* A module whose addresses stand in blocks of a tag. */
typedef struct ps_dump_vote {
    const ps_dump_module *module;
    uint64_t blocks, pointers; /* blocks that hold any, and how many there are in all */
} ps_dump_vote;

enum { PS_VOTE_LIMIT = 16 };

/* Whose addresses stand in the blocks of a tag. */
typedef struct ps_dump_owners {
    uint64_t blocks;           /* of the tag in the big-page table */
    uint64_t sampled, missing; /* blocks whose first page was read; those where it is not there */
    size_t count;
    ps_dump_vote votes[PS_VOTE_LIMIT]; /* most blocks first */
} ps_dump_owners;
/* Read the first page of up to 512 of a tag's big blocks and tell whose addresses they hold. */
PS_API PS_NODISCARD bool ps_dump_big_owners(ps_dump *dump, ps_tag tag, ps_dump_owners *owners,
                                            ps_error *err);

/* The same of its small blocks, where their pages are walked: see ps_dump_find_blocks. */
PS_API PS_NODISCARD bool ps_dump_small_owners(ps_dump *dump, ps_tag tag, ps_dump_owners *owners,
                                              ps_error *err);

/* A number that is not known of the dump's build. */
#define PS_NOT_KNOWN UINT64_MAX

/* A process.  What is not known of its build is PS_NOT_KNOWN. */
typedef struct ps_dump_process {
    const char *name; /* at most 15 characters, as the kernel keeps it */
    uint64_t address, pid, parent;
    uint64_t table_base;      /* of its page tables, physical */
    uint64_t nonpaged, paged; /* pool that is charged to it, bytes */
    uint64_t handles;
    uint64_t session_space; /* 0: it belongs to no session */
    bool exited;
} ps_dump_process;
/* Every process of the kernel's list; where that breaks off, those found in blocks of pool too. */
PS_API PS_NODISCARD bool ps_dump_processes(ps_dump *dump, const ps_dump_process **items,
                                           size_t *count, ps_error *err);

/* A type of objects and how many there are. */
typedef struct ps_dump_type {
    const char *name;
    uint64_t address;
    ps_tag tag;
    uint32_t objects, handles, peak_objects, peak_handles;
} ps_dump_type;
/* Every type of objects. */
PS_API PS_NODISCARD bool ps_dump_types(ps_dump *dump, const ps_dump_type **items, size_t *count,
                                       ps_error *err);

/* One of the allocator's own pools: builds before 19041 have them. */
typedef struct ps_dump_descriptor {
    uint64_t address;
    ps_pool pool;
    uint32_t index;
    uint64_t allocs, frees, pages, big_pages;
    uint64_t bytes; /* PS_NOT_KNOWN in XP */
} ps_dump_descriptor;
/* Every pool of the allocator; PS_EUNSUPPORTED in newer builds, which have none. */
PS_API PS_NODISCARD bool ps_dump_descriptors(ps_dump *dump, const ps_dump_descriptor **items,
                                             size_t *count, ps_error *err);

/* A lookaside list.  It lies in the data of the driver that owns it, or in memory of its. */
typedef struct ps_dump_lookaside {
    uint64_t address;
    ps_tag tag;
    ps_pool pool;
    uint32_t size, allocates, frees;
    const ps_dump_module *module; /* NULL where it lies in no module */
} ps_dump_lookaside;
/* Every lookaside list. */
PS_API PS_NODISCARD bool ps_dump_lookasides(ps_dump *dump, const ps_dump_lookaside **items,
                                            size_t *count, ps_error *err);

/* What driver verifier counts. */
typedef struct ps_dump_verifier {
    uint32_t level, attempted, succeeded, special, untagged, failed, failed_deliberately, untracked;
    uint32_t paged_allocs, nonpaged_allocs; /* in use */
    uint64_t paged_bytes, nonpaged_bytes, peak_paged_bytes, peak_nonpaged_bytes;
} ps_dump_verifier;
/* Read them; a kernel that verifies nothing has zeros. */
PS_API PS_NODISCARD bool ps_dump_get_verifier(ps_dump *dump, ps_dump_verifier *verifier,
                                              ps_error *err);

/* A driver that is verified, by the list of XP to Vista; its symbols are needed. */
typedef struct ps_dump_verified {
    const char *name;
    uint64_t address, start, end; /* of the entry, and of the driver */
    uint32_t loads, unloads, paged_allocs, nonpaged_allocs;
    uint64_t paged_bytes, nonpaged_bytes;
} ps_dump_verified;
/* Every driver that is verified. */
PS_API PS_NODISCARD bool ps_dump_verified_drivers(ps_dump *dump, const ps_dump_verified **items,
                                                  size_t *count, ps_error *err);

/* An allocation that is verified, and where it was made. */
typedef struct ps_dump_verified_block {
    uint64_t address, size, caller;
    ps_tag tag;
    const ps_dump_verified *driver;
} ps_dump_verified_block;
/* Every allocation that is verified. */
PS_API PS_NODISCARD bool ps_dump_verified_blocks(ps_dump *dump,
                                                 const ps_dump_verified_block **items,
                                                 size_t *count, ps_error *err);

/* Builds before 18362 cut small blocks out of whole pages, each behind a header that names its size
 * and that of the block before it: a page is believed when they tile it.  Newer builds have a segment
 * heap, whose pages do not chain: what asks for blocks is refused there (PS_EUNSUPPORTED). */
typedef struct ps_dump_block {
    uint64_t address;             /* of its header */
    uint16_t size, previous_size; /* bytes, header included */
    ps_tag tag;
    uint8_t pool_type, pool_index; /* the header's own */
    uint8_t pool;                  /* ps_pool */
    bool free;
} ps_dump_block;

enum { PS_PAGE_BLOCKS = 512 };

/* A page of virtual memory, read as one of the pool's. */
typedef struct ps_dump_pool_page {
    uint64_t address;
    size_t count;
    ps_dump_block blocks[PS_PAGE_BLOCKS]; /* those that chain, from the page's beginning on */
    bool whole;                           /* they tile the page */
    bool has_pool;                        /* a block that is not free tells the page's pool */
    uint8_t pool;                         /* ps_pool */
    char broken[120];                     /* why they do not tile it; "" where they do */
} ps_dump_pool_page;
/* The page that holds an address; an error where it cannot be read. */
PS_API PS_NODISCARD bool ps_dump_get_pool_page(ps_dump *dump, uint64_t address,
                                               ps_dump_pool_page *page, ps_error *err);

/* A search for blocks through the pages of the pool. */
typedef struct ps_dump_block_query {
    bool list;        /* blocks, beside the sums */
    ps_tag tag, mask; /* those whose tag has the bits of `tag` that are set in `mask` */
    bool one_pool;    /* of `pool` alone */
    ps_pool pool;
    size_t limit;                /* of listed blocks; 0 for 10,000 */
    unsigned threads;            /* 0: one for each core */
    const ps_progress *progress; /* told pages; may be NULL */
} ps_dump_block_query;

/* Blocks in use of one tag in one pool. */
typedef struct ps_dump_block_sum {
    ps_tag tag;
    ps_pool pool;
    uint64_t count, bytes; /* bytes with headers, as the kernel counts them */
} ps_dump_block_sum;

/* Memory that was looked through: from start to end, last address included. */
typedef struct ps_dump_region {
    uint64_t start, last;
} ps_dump_region;

enum { PS_REGION_LIMIT = 2 };

/* What such a search found. */
typedef struct ps_dump_blocks {
    ps_dump_block *items; /* in use, in the order of their addresses */
    size_t count;
    bool more;               /* the list ended at its limit; the sums did not */
    ps_dump_block_sum *sums; /* of all tags, in their order */
    size_t sum_count;
    ps_dump_region regions[PS_REGION_LIMIT];
    size_t region_count;
    bool everywhere;         /* where the pool lies is not known: all of the kernel's memory */
    uint64_t looked, pages;  /* mapped pages that were read; those that are the pool's */
    uint64_t missing;        /* mapped, but not in the dump */
    uint64_t paged_out;      /* in a page file or the compressed store */
    uint64_t tables_missing; /* page tables that are not in the dump */
    bool stopped;            /* progress said so */
    bool cut;                /* page tables map more than there can be: not all was looked at */
} ps_dump_blocks;
/* Walk the pages of the pool.  Pages that are missing are counted, and are no failure. */
PS_API PS_NODISCARD bool ps_dump_find_blocks(ps_dump *dump, const ps_dump_block_query *query,
                                             ps_dump_blocks *found, ps_error *err);
PS_API void ps_dump_blocks_free(ps_dump_blocks *found);

/* --- the driver index --------------------------------------------------------------------- */

/* A file that keeps what a scanner made of drivers, so that an unchanged folder is not scanned
 * again: by path, size and times of the file, and by content.  The summary and the detail of a
 * content are the caller's bytes.  Several programs may use one file at a time. */
typedef struct ps_driver_index ps_driver_index;

/* Open or create it.  What another version of the scanner left in it is dropped, and so is a file
 * that is broken. */
PS_API PS_NODISCARD bool ps_driver_index_open(ps_driver_index **out, const char *path,
                                              const char *scanner, ps_error *err);
PS_API void ps_driver_index_close(ps_driver_index *index);

/* A file as it was when it was looked at. */
typedef struct ps_driver_index_stamp {
    int64_t size; /* -1: there is no such file */
    int64_t mtime_ns, ctime_ns;
} ps_driver_index_stamp;

/* Its pointers are valid until the next call for the same index. */
typedef struct ps_driver_index_entry {
    const char *path, *sha256;
    const void *summary; /* NULL where the index has nothing of the file */
    size_t summary_size;
    bool stale; /* the file has changed or is gone since */
} ps_driver_index_entry;

/* The stamp of a file, and the entry that was added with just that stamp. */
PS_API PS_NODISCARD bool ps_driver_index_find(ps_driver_index *index, const char *path,
                                              ps_driver_index_stamp *stamp,
                                              ps_driver_index_entry *entry, ps_error *err);
/* The detail of a content, valid until the next call. */
PS_API PS_NODISCARD bool ps_driver_index_detail(ps_driver_index *index, const char *sha256,
                                                const void **data, size_t *size, ps_error *err);
/* Every file whose content was added with the tag (bit 31 ignored), by path. */
typedef bool (*ps_driver_index_visit)(void *context, const ps_driver_index_entry *entry);
/* False from a visit ends it with PS_ECANCELLED. */
PS_API PS_NODISCARD bool ps_driver_index_with_tag(ps_driver_index *index, ps_tag tag,
                                                  ps_driver_index_visit visit, void *context,
                                                  ps_error *err);

/* What is kept of a content. */
typedef struct ps_driver_index_content {
    const char *sha256;
    const void *summary, *detail;
    size_t summary_size, detail_size;
    const ps_tag *tags;
    size_t tag_count;
} ps_driver_index_content;

/* What is added counts from commit on, all of it or nothing. */
PS_API PS_NODISCARD bool ps_driver_index_begin(ps_driver_index *index, ps_error *err);
/* The stamp is one of before the file was read, so that a later change is noticed. */
PS_API PS_NODISCARD bool ps_driver_index_add(ps_driver_index *index, const char *path,
                                             const ps_driver_index_stamp *stamp,
                                             const ps_driver_index_content *content, ps_error *err);
/* Many files are found faster between this and ps_driver_index_commit, as the index is at this moment. */
PS_API PS_NODISCARD bool ps_driver_index_begin_finding(ps_driver_index *index, ps_error *err);
/* Keep what was added since begin. */
PS_API PS_NODISCARD bool ps_driver_index_commit(ps_driver_index *index, ps_error *err);
/* Forget what was added since begin. */
PS_API void ps_driver_index_rollback(ps_driver_index *index);

/* --- the history -------------------------------------------------------------------------- */

/* The memory of a site: snapshots of its machines over months, in one SQLite file.  A program that
 * is killed loses nothing that was committed; two may write to one file at a time, each waiting for
 * the other.  Times are seconds since 1970; a range of them includes both ends.  A host is named as
 * people write it, in either case. */
typedef struct ps_history ps_history;

/* How a history is opened; all zero writes and waits. */
typedef struct ps_history_options {
    bool read_only;
    int busy_ms; /* how long to wait for another writer; 0: ten seconds */
} ps_history_options;

/* Open the file, or make it where there is none.  A file that a newer version wrote is
 * PS_EUNSUPPORTED, one that is no history PS_EFORMAT; both stay as they are. */
PS_API PS_NODISCARD bool ps_history_open(ps_history **out, const char *path,
                                         const ps_history_options *options, ps_error *err);
PS_API void ps_history_close(ps_history *history);
/* The path that it was opened with. */
PS_API const char *ps_history_path(const ps_history *history);

/* What is written between begin and commit counts as a whole, and is written much faster than one
 * by one.  After a failure in between, commit fails and nothing of it is kept. */
PS_API PS_NODISCARD bool ps_history_begin(ps_history *history, ps_error *err);
/* Keep what was written since begin. */
PS_API PS_NODISCARD bool ps_history_commit(ps_history *history, ps_error *err);
/* Forget what was written since begin. */
PS_API void ps_history_rollback(ps_history *history);

/* Where a snapshot came from; texts may be NULL. */
typedef struct ps_history_origin {
    int64_t time;            /* PS_NO_TIME: the snapshot's own */
    const char *time_source; /* "content", "file name", ... */
    const char *source, *sha256;
    uint32_t line;
} ps_history_origin;

/* Keep a snapshot.  *added is false where just this one, of this host and time, is there already.
 * Snapshots may come in any order. */
PS_API PS_NODISCARD bool ps_history_record(ps_history *history, const char *host,
                                           const ps_snapshot *snapshot,
                                           const ps_history_origin *origin, bool *added,
                                           ps_error *err);

/* What is told of a host or a snapshot; its pointers are valid during the visit alone. */
typedef struct ps_history_host {
    const char *name;
    const char *const *aliases; /* other names of it, ended by NULL */
    int64_t first, last;        /* PS_NO_TIME where it has no snapshots */
    uint64_t snapshots;
} ps_history_host;

/* A snapshot that is kept, without its rows. */
typedef struct ps_history_snapshot {
    int64_t id, time;
    const char *origin;
    const char *time_source, *source, *sha256; /* NULL where it was not told */
    uint32_t line;
    bool has_uptime, reboot; /* the machine was started anew since the snapshot before */
    uint64_t uptime_s, rows;
} ps_history_snapshot;

/* A visit that returns false ends the work with PS_ECANCELLED. */
typedef bool (*ps_history_host_visit)(void *context, const ps_history_host *host);
/* Told of each snapshot in turn. */
typedef bool (*ps_history_snapshot_visit)(void *context, const ps_history_snapshot *snapshot);
/* Given each snapshot, which lives as long as the visit. */
typedef bool (*ps_history_walk_visit)(void *context, int64_t id, const ps_snapshot *snapshot);

/* Every host, by name. */
PS_API PS_NODISCARD bool ps_history_hosts(ps_history *history, ps_history_host_visit visit,
                                          void *context, ps_error *err);
/* What is known of each snapshot of a host, in order of time. */
PS_API PS_NODISCARD bool ps_history_snapshots(ps_history *history, const char *host,
                                              const int64_t range[2],
                                              ps_history_snapshot_visit visit, void *context,
                                              ps_error *err);
/* A snapshot as it was recorded, with the time it was recorded under. */
PS_API PS_NODISCARD bool ps_history_load(ps_history *history, int64_t id, ps_snapshot **out,
                                         ps_error *err);
/* Every snapshot of a host in order of time: much faster than one load each. */
PS_API PS_NODISCARD bool ps_history_walk(ps_history *history, const char *host,
                                         const int64_t range[2], ps_history_walk_visit visit,
                                         void *context, ps_error *err);
/* The first and the last snapshot of a range; false with PS_EFORMAT where there are not two. */
PS_API PS_NODISCARD bool ps_history_ends(ps_history *history, const char *host,
                                         const int64_t range[2], ps_snapshot **first,
                                         ps_snapshot **last, ps_error *err);

/* A trend over a range, fed from the history without holding its snapshots. */
typedef struct ps_history_trend {
    ps_trend *trend;
    int64_t *times; /* of the snapshots that it was fed */
    size_t count;
} ps_history_trend;

/* every: at most one snapshot in so many seconds; 0 takes all. */
PS_API PS_NODISCARD bool ps_history_trend_open(ps_history_trend *out, ps_history *history,
                                               const char *host, const int64_t range[2],
                                               int64_t every, ps_error *err);

/* Told of a snapshot's row and of the allocations ever made in all its tags; NULL where these are not
 * known.  They only rise until the machine is restarted: a clock that nobody sets back. */
typedef bool (*ps_history_count_visit)(void *context, int64_t id, const uint64_t *allocs);
/* Those of every snapshot of a host, in order of time. */
PS_API PS_NODISCARD bool ps_history_counts(ps_history *history, const char *host,
                                           const int64_t range[2], ps_history_count_visit visit,
                                           void *context, ps_error *err);

/* What a trend is made of. */
typedef struct ps_history_trend_of {
    const char *host;
    int64_t from, to; /* both ends count */
    int64_t every;    /* at most one snapshot in so many seconds; 0 takes all */
    /* Rows of snapshots whose times are not in the order in which they were taken (a clock was set
     * back): they come in this order, in the places that they have together.  Neighbours only. */
    const int64_t *order;
    size_t order_count;
} ps_history_trend_of;

/* As ps_history_trend_open; false with PS_EFORMAT where the order is none of neighbours. */
PS_API PS_NODISCARD bool ps_history_trend_ordered(ps_history_trend *out, ps_history *history,
                                                  const ps_history_trend_of *of, ps_error *err);
PS_API void ps_history_trend_close(ps_history_trend *trend);

/* What a tag did on a day, or over a range. */
typedef struct ps_history_day {
    int64_t day; /* since 1970, UTC; 0 of a range */
    ps_tag tag;  /* bit 31 cleared */
    uint8_t pool;
    bool has_slope;
    int32_t session;
    uint32_t n; /* snapshots in which its bytes are known */
    int64_t first_bytes, last_bytes, least_bytes, most_bytes;
    double slope; /* bytes an hour, by least squares within each run of the machine */
} ps_history_day;

/* Told of each tag and day in turn. */
typedef bool (*ps_history_day_visit)(void *context, const ps_history_day *day);

/* What each tag did over a range, in one pass; by tag, pool and session. */
PS_API PS_NODISCARD bool ps_history_slopes(ps_history *history, const char *host,
                                           const int64_t range[2], ps_history_day_visit visit,
                                           void *context, ps_error *err);
/* Which days are asked for. */
typedef struct ps_history_days_of {
    const char *host;
    const ps_tag *tag; /* NULL: every tag */
    int64_t from, to;
} ps_history_days_of;

/* What each tag did on each day that has snapshots, or had before they were pruned.  Days are kept
 * once they are asked for. */
PS_API PS_NODISCARD bool ps_history_days(ps_history *history, const ps_history_days_of *of,
                                         ps_history_day_visit visit, void *context, ps_error *err);

/* Forget snapshots of before a time, of one host or (NULL) of all; days are kept. */
PS_API PS_NODISCARD bool ps_history_prune(ps_history *history, const char *host, int64_t before,
                                          uint64_t *removed, ps_error *err);
/* Pack what small writes left behind, and give free room back to the file system. */
PS_API PS_NODISCARD bool ps_history_vacuum(ps_history *history, ps_error *err);
/* Told of each problem in turn. */
typedef bool (*ps_history_problem_visit)(void *context, const char *problem);
/* Read everything and compare it with its checksums; each problem is visited.  False where that
 * cannot be done. */
PS_API PS_NODISCARD bool ps_history_check(ps_history *history, ps_history_problem_visit visit,
                                          void *context, ps_error *err);

/* What was on a machine at a time: lists that are kept whole, each once.  Texts may be NULL. */
typedef struct ps_history_driver {
    const char *name, *path, *version, *sha256;
    uint32_t timestamp; /* of the PE header; 0 where it is not known */
} ps_history_driver;

/* A process in a list that is kept. */
typedef struct ps_history_process {
    const char *name;
    int64_t pid, handles, threads, paged_bytes, nonpaged_bytes; /* -1: not known */
} ps_history_process;

/* One driver that came, went or changed between two inventories: before or after is NULL where it
 * was not there. */
typedef struct ps_history_driver_change {
    int64_t time; /* of the inventory that shows it */
    const ps_history_driver *before, *after;
} ps_history_driver_change;

/* Told of each change in turn. */
typedef bool (*ps_history_driver_visit)(void *context, const ps_history_driver_change *change);
/* Told of each process and the time of its list. */
typedef bool (*ps_history_process_visit)(void *context, int64_t time,
                                         const ps_history_process *process);

/* The list replaces one of the same host and time. */
PS_API PS_NODISCARD bool ps_history_record_drivers(ps_history *history, const char *host,
                                                   int64_t time, const ps_history_driver *drivers,
                                                   size_t count, ps_error *err);
/* Likewise. */
PS_API PS_NODISCARD bool ps_history_record_processes(ps_history *history, const char *host,
                                                     int64_t time,
                                                     const ps_history_process *processes,
                                                     size_t count, ps_error *err);
/* What changed between inventories of a range, and between its first and the one before it; drivers
 * are the same by name, in either case. */
PS_API PS_NODISCARD bool ps_history_driver_changes(ps_history *history, const char *host,
                                                   const int64_t range[2],
                                                   ps_history_driver_visit visit, void *context,
                                                   ps_error *err);
/* Every process of every list of a range. */
PS_API PS_NODISCARD bool ps_history_processes(ps_history *history, const char *host,
                                              const int64_t range[2],
                                              ps_history_process_visit visit, void *context,
                                              ps_error *err);

/* A question in SQL, which can only read.  Beside what SQLite offers there are
 *   pool_sample(host, time, tag, tag_hex, pool, session, allocs, frees, diff, bytes, snapshot)
 *   host(id, name), snapshot(id, host, time, origin, time_source, source, sha256, line, uptime_s, rows,
 *   reboot), day(host, day, tag, tag_hex, pool, session, n, first_bytes, last_bytes, least_bytes,
 *   most_bytes, slope), driver(host, time, name, path, version, sha256, timestamp)
 * Unknown numbers are NULL.  A range of time, a host and a tag are looked up, not searched for.
 * reboot: the counters, or the time since the start, are less than in the snapshot before; one that a clock
 * set back made look so is to be told by ps_history_clock_step first. */
typedef struct ps_history_query ps_history_query;

/* What a value is. */
typedef enum ps_history_value_kind {
    PS_HISTORY_NULL,
    PS_HISTORY_INTEGER,
    PS_HISTORY_REAL,
    PS_HISTORY_TEXT,
    PS_HISTORY_BYTES,
} ps_history_value_kind;

/* A value of a question's parameter or answer. */
typedef struct ps_history_value {
    ps_history_value_kind kind;
    int64_t integer;
    double real;
    const void *data; /* of a text or bytes; valid until the next row */
    size_t size;
} ps_history_value;

/* A snapshot that comes after others by its time, but not by its counters, as a clock that was set back makes
 * it: to questions that are asked from now on it is no reboot.  The file is not changed. */
PS_API PS_NODISCARD bool ps_history_clock_step(ps_history *history, int64_t snapshot,
                                               ps_error *err);
/* Prepare one statement; PS_EFORMAT where it is not understood or would write. */
PS_API PS_NODISCARD bool ps_history_query_open(ps_history_query **out, ps_history *history,
                                               const char *sql, ps_error *err);
/* Parameter index, from 1; before the first row. */
PS_API PS_NODISCARD bool ps_history_query_bind(ps_history_query *query, size_t index,
                                               const ps_history_value *value, ps_error *err);
/* Have progress called during the answer, with done the thousands of steps of SQLite's machine so far and total
 * 0: nobody knows how long a question is.  Cancelled, ps_history_query_next fails with PS_ECANCELLED. */
PS_API void ps_history_query_watch(ps_history_query *query, const ps_progress *progress);
/* Move on to the next row; *row is false at the end, and behind it. */
PS_API PS_NODISCARD bool ps_history_query_next(ps_history_query *query, bool *row, ps_error *err);
/* How many columns the answer has. */
PS_API size_t ps_history_query_columns(const ps_history_query *query);
/* The name of a column, from 0. */
PS_API const char *ps_history_query_name(const ps_history_query *query, size_t column);
/* The value of a column in the present row. */
PS_API ps_history_value ps_history_query_value(const ps_history_query *query, size_t column);
PS_API void ps_history_query_close(ps_history_query *query);

/* Snapshots as text.  CSV has a line a row: host, time, tag, tag_hex, pool, session, allocs, frees, diff,
 * bytes, origin and scope, the last two where a snapshot begins.  JSON Lines have a line a snapshot, with
 * everything that is known of it. */
typedef enum ps_history_format { PS_HISTORY_CSV, PS_HISTORY_JSON_LINES } ps_history_format;

/* Takes some bytes of what is exported; false with err filled in ends it. */
typedef bool (*ps_history_writer)(void *context, const void *data, size_t size, ps_error *err);

/* host may be NULL: all. */
PS_API PS_NODISCARD bool ps_history_export(ps_history *history, const char *host,
                                           ps_history_format format, ps_history_writer writer,
                                           void *context, ps_error *err);

/* What became of the lines. */
typedef struct ps_history_imported {
    uint64_t lines, snapshots, added; /* added: that were not known */
} ps_history_imported;

/* Record what either export wrote, or CSV with a header that names its columns likewise.  Nothing is
 * kept where a line is not understood: the error says which. */
PS_API PS_NODISCARD bool ps_history_import(ps_history *history, ps_source *source,
                                           ps_history_imported *imported, ps_error *err);
/* The same within limits. */
PS_API PS_NODISCARD bool ps_history_import_within(ps_history *history, ps_source *source,
                                                  ps_history_imported *imported,
                                                  const ps_limits *limits, ps_error *err);

/* Another name for a host, which goes on under the new one: what either has is put together. */
PS_API PS_NODISCARD bool ps_history_rename_host(ps_history *history, const char *before,
                                                const char *after, ps_error *err);

/* --- scripts in other programs: libpoolsleuth_host, which brings Lua ----------------------- */

/* Of the functions above it has ps_version, ps_check_abi and ps_confine. */

/* A command line and what it may use; 0 is no cap.  The caps stop mistakes: what a stranger wrote is
 * run by `poolsleuth --isolate`, or in a process that ps_confine has confined. */
typedef struct ps_run_request {
    const char *const *words; /* as behind the program's name, ended by NULL */
    const char *library;   /* the folder with poolsleuth's Lua files; NULL: Lua's own search path */
    uint64_t memory_bytes; /* that Lua may hold, with what it has not collected yet */
    uint64_t instructions; /* of Lua, counted in thousands; not inside one call of C */
    double seconds;        /* by the clock, looked at with the instructions */
} ps_run_request;

/* A run that has ended. */
typedef struct ps_run ps_run;

/* Run a command or a playbook in a Lua state of its own.  Nothing is printed, and no cache is
 * written.  False with PS_ELIMIT where a cap was met, with PS_EFORMAT where the library cannot be
 * loaded; a script that fails is a run with a status and a complaint. */
PS_API PS_NODISCARD bool ps_run_open(ps_run **out, const ps_run_request *request, ps_error *err);
/* The exit status that the program would have had. */
PS_API int ps_run_status(const ps_run *run);
/* What the program would have written to standard output, or to the file behind -o. */
PS_API const char *ps_run_answer(const ps_run *run, size_t *size);
/* What it would have said on standard error; "" if nothing. */
PS_API const char *ps_run_complaint(const ps_run *run);
/* The most that Lua held, in bytes. */
PS_API uint64_t ps_run_memory(const ps_run *run);
/* How many instructions of Lua ran; 0 where they were not counted. */
PS_API uint64_t ps_run_instructions(const ps_run *run);
PS_API void ps_run_close(ps_run *run);

#ifdef __cplusplus
}
#endif
#endif
