/* tagjson.c - JSON of pool tags or of blocks of pool: our own, Volatility's, ConvertTo-Json's.
 *
 *    {"schema": "poolsleuth.snapshot/1", "data": {"time": …, "memory": {…}, "rows": [{"tag": …}, …]}}
 *    [{"Allocation": 152280253857792, "NumberOfBytes": 4096, "PoolType": "PagedPool", "Tag": "Acme"}, …]
 *
 * An object with a tag and numbers is a row, whose keys are told like the headings of a table.  An
 * object with "rows" or "memory" is a snapshot, whose other keys may stand before or behind them.
 */
#include "base/error.h"
#include "text/blocksum.h"
#include "text/dialect.h"
#include "text/json_tokens.h"
#include "text/record.h"

#include <stdlib.h>
#include <string.h>

enum { ALL_TOTALS = 31, CONTEXTS = 8, WORD = 64, CACHE = 64, CACHED_KEY = 31 };

/* What an array or an object is for, by its key. */
typedef enum part {
    PART_PLAIN,
    PART_SNAPSHOTS,
    PART_ROWS,
    PART_MEMORY,
    PART_TOTALS,
    PART_FLAGS,
    PART_IGNORED, /* with all that is in it */
} part;

/* What an object says that may turn out to be a snapshot. */
typedef struct context {
    char time[PS_MOMENT_NAME / 2], host[WORD], origin[WORD], scope[WORD];
    char uptime[24];
} context;

/* What the document says that all rows of the snapshot are together. */
typedef struct totals {
    uint64_t rows, bytes[2], diff[2]; /* by pool */
    unsigned known;                   /* a bit for each of the five */
} totals;

typedef struct cached_role {
    char key[CACHED_KEY + 1];
    ps_role role;
} cached_role;

typedef struct reader {
    ps_json *json;
    size_t key_size;       /* 0 for one that is too long */
    size_t ignored;        /* depth of the container that is; 0 for none */
    size_t snapshot_depth; /* of its object; 0 while there is none */
    size_t record_depth;   /* of its object; 0 while it is clear */
    size_t empty;          /* tags without numbers */
    uint64_t address;
    ps_moment snapshot;
    totals totals;
    ps_record record;
    ps_moments moments;
    ps_blocksum sum;
    ps_record_ways ways;
    context contexts[CONTEXTS];
    cached_role cache[CACHE];
    part parts[PS_JSON_DEPTH + 1];
    ps_block_state state;
    uint32_t row_line; /* that was counted last */
    char key[WORD], schema[WORD], record_time[PS_MOMENT_NAME / 2], record_host[WORD];
    bool doubtful[2]; /* pools of which a row is called unconfirmed */
    bool has_address;
    bool relevant; /* something that is ours to read was seen */
} reader;

typedef struct tagjson {
    ps_json json;
    reader *reader; /* NULL before the first key */
} tagjson;

PS_DIALECT_FITS(tagjson);

static void copy_word(char *out, size_t room, ps_span text)
{
    const size_t size = (size_t)(text.end - text.at);

    if (size >= room)
        return;
    memcpy(out, text.at, size);
    out[size] = '\0';
}

static ps_span span_of(const char *text) { return (ps_span){text, text + strlen(text)}; }

/* --- keys ------------------------------------------------------------------------------------ */

static bool key_is(const reader *all, const char *name) { return strcmp(all->key, name) == 0; }

/* The same few keys come again and again. */
static ps_role role_of_key(reader *all)
{
    uint32_t hash = 2166136261U;
    cached_role *cached;

    if (all->key_size == 0 || all->key_size > CACHED_KEY)
        return (ps_role){0};
    for (size_t i = 0; i < all->key_size; i++)
        hash = (hash ^ (unsigned char)all->key[i]) * 16777619U;
    cached = &all->cache[(hash ^ hash >> 15) % CACHE];
    if (strcmp(cached->key, all->key) != 0) {
        cached->role = ps_role_of(span_of(all->key));
        memcpy(cached->key, all->key, all->key_size + 1);
    }
    return cached->role;
}

static part part_of_key(const reader *all, bool object)
{
    static const struct {
        const char *name;
        bool object;
        part part;
    } names[] = {{"snapshots", false, PART_SNAPSHOTS}, {"rows", false, PART_ROWS},
                 {"memory", true, PART_MEMORY},        {"flags", false, PART_FLAGS},
                 {"inputs", false, PART_IGNORED},      {"problems", false, PART_IGNORED},
                 {"coverage", false, PART_IGNORED},    {"owners", false, PART_IGNORED},
                 {"lines", false, PART_IGNORED},       {"totals", true, PART_TOTALS},
                 {"tool", true, PART_IGNORED},         {"__children", false, PART_IGNORED}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].object == object && key_is(all, names[i].name))
            return names[i].part;
    return PART_PLAIN;
}

/* --- snapshots ------------------------------------------------------------------------------- */

/* The object at the depth is a snapshot, if none is open. */
static void open_snapshot(reader *all, size_t depth, ps_reading *reading)
{
    if (all->snapshot_depth != 0 || depth == 0)
        return;
    all->snapshot_depth = depth;
    all->relevant = true;
    all->snapshot = (ps_moment){0};
    ps_draft_start(&all->snapshot.draft, reading->text, "pool tag JSON");
}

static void set_memory(reader *all, const char *name, ps_span number, ps_reading *reading)
{
    uint64_t value;

    if (all->snapshot_depth == 0 || ps_scan_unsigned(&number, &value) != PS_SCAN_OK ||
        number.at < number.end)
        return;
    for (ps_memory_field field = 0; field < PS_MEM_FIELDS; field++)
        if (strcmp(ps_memory_name(field), name) == 0)
            ps_draft_memory(&all->snapshot.draft, field, value, &reading->line);
}

static void set_total(reader *all, ps_span number)
{
    static const char *const names[] = {"rows", "nonpaged_bytes", "paged_bytes", "nonpaged_diff",
                                        "paged_diff"};
    uint64_t *const places[] = {
        &all->totals.rows, &all->totals.bytes[PS_POOL_NONPAGED], &all->totals.bytes[PS_POOL_PAGED],
        &all->totals.diff[PS_POOL_NONPAGED], &all->totals.diff[PS_POOL_PAGED]};
    int64_t value;

    if (ps_scan_signed(&number, &value) != PS_SCAN_OK || number.at < number.end)
        return;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (!key_is(all, names[i]))
            continue;
        *places[i] = (uint64_t)value;
        all->totals.known |= 1U << i;
    }
}

/* Rows that are together what the document says are bound by it, like those of a table by its last
 * line: bytes and what is in use by the sums, the other counts by what is in use. */
static void hold_against_totals(reader *all, ps_pool pool)
{
    ps_snapshot *rows = all->snapshot.draft.rows;
    uint64_t bytes = 0, diff = 0;

    if (rows == NULL || all->totals.known != ALL_TOTALS || all->doubtful[pool] ||
        ps_snapshot_count(rows) != all->totals.rows)
        return;
    for (size_t i = 0; i < ps_snapshot_count(rows); i++) {
        const ps_row *one = ps_snapshot_at(rows, i);
        const unsigned counts = one->known & (PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF);
        if (one->pool != pool)
            continue;
        if ((one->flags & (PS_ROW_DIFF_MISMATCH | PS_ROW_PER_ALLOC_MISMATCH)) != 0 ||
            counts == (PS_KNOW_ALLOCS | PS_KNOW_DIFF) || counts == (PS_KNOW_FREES | PS_KNOW_DIFF))
            return;
        bytes += (uint64_t)one->bytes;
        diff += (uint64_t)one->diff;
    }
    if (bytes == all->totals.bytes[pool] && diff == all->totals.diff[pool])
        ps_snapshot_bind(rows, pool, true);
}

static void close_snapshot(reader *all, bool whole, ps_reading *reading)
{
    const context none = {0};
    const context *said =
        all->snapshot_depth < CONTEXTS ? &all->contexts[all->snapshot_depth] : &none;
    ps_draft *draft = &all->snapshot.draft;

    if (all->snapshot_depth == 0)
        return;
    if (said->uptime[0] != '\0')
        set_memory(all, "uptime_s", span_of(said->uptime), reading);
    hold_against_totals(all, PS_POOL_NONPAGED);
    hold_against_totals(all, PS_POOL_PAGED);
    all->totals.known = 0;
    all->doubtful[PS_POOL_NONPAGED] = all->doubtful[PS_POOL_PAGED] = false;
    (void)ps_read_time(span_of(said->time), &draft->time);
    if (said->host[0] != '\0')
        draft->host = ps_keep(draft->text, span_of(said->host));
    ps_draft_finish(draft, said->origin[0] == '\0' ? "pool tag JSON" : said->origin,
                    whole && strcmp(said->scope, "whole") == 0 ? PS_SCOPE_WHOLE : PS_SCOPE_PART);
    all->snapshot_depth = 0;
}

/* --- records --------------------------------------------------------------------------------- */

static void clear_record(reader *all)
{
    ps_record_clear(&all->record);
    all->record_depth = 0;
    all->has_address = false;
    all->state = PS_BLOCK_UNSAID;
}

static void put_block(reader *all, ps_reading *reading)
{
    const ps_record *record = &all->record;
    ps_block *block = ps_add_block(reading->text, &reading->line);

    if (block == NULL)
        return;
    block->origin = "Volatility";
    block->address = all->address;
    block->has_tag = record->has_tag;
    block->tag = record->tag.tag;
    block->flags = record->tag.ambiguous ? PS_ROW_TAG_AMBIGUOUS : 0;
    if ((block->tag & PS_TAG_PROTECTED) != 0)
        block->flags |= PS_ROW_PROTECTED;
    block->has_pool = record->has_pool;
    block->pool = (uint8_t)(record->has_pool ? record->pool : PS_POOL_NONPAGED);
    block->has_size = (record->known[PS_SIDE_ROW] >> PS_MEASURE_BYTES & 1) != 0;
    block->size = (uint64_t)record->values[PS_SIDE_ROW][PS_MEASURE_BYTES];
    block->state = all->state;
    ps_blocksum_add(&all->sum, block);
}

static ps_moment *moment_of(reader *all, ps_reading *reading)
{
    if (all->snapshot_depth != 0 && all->record_time[0] == '\0')
        return &all->snapshot;
    all->record.moment = (ps_moment_name){span_of(all->record_time), span_of(all->record_host)};
    return ps_moments_find(&all->moments, reading, &all->record.moment);
}

static void put_row(reader *all, ps_reading *reading)
{
    ps_moment *moment;

    all->relevant = true;
    if (!ps_record_check(&all->record)) {
        ps_remark(reading->text, all->record.severity, &reading->line, "%s", all->record.why);
        return;
    }
    moment = moment_of(all, reading);
    if (moment == NULL)
        return;
    all->doubtful[all->record.pool] |= (all->record.flags & PS_ROW_UNCONFIRMED) != 0;
    ps_record_put(&all->record, moment, reading);
    if (all->row_line != reading->line.number)
        reading->text->row_line_count++;
    all->row_line = reading->line.number;
}

static void end_record(reader *all, ps_reading *reading)
{
    const ps_record *record = &all->record;

    if (all->has_address && record->has_tag && record->why[0] == '\0') {
        all->relevant = true;
        put_block(all, reading);
    } else if ((record->has_tag || record->has_hex) &&
               (ps_record_says_something(record) || record->why[0] != '\0')) {
        put_row(all, reading);
    } else if (record->has_tag || record->has_hex) {
        all->relevant = true;
        all->empty++;
    }
    clear_record(all);
}

/* JSON's numbers have a decimal point and nothing else. */
static bool whole_number(ps_span *text)
{
    const char *point = memchr(text->at, '.', (size_t)(text->end - text->at));

    if (memchr(text->at, 'e', (size_t)(text->end - text->at)) != NULL ||
        memchr(text->at, 'E', (size_t)(text->end - text->at)) != NULL)
        return false;
    if (point == NULL)
        return true;
    for (const char *at = point + 1; at < text->end; at++)
        if (*at != '0')
            return false;
    text->end = point;
    return true;
}

static void set_state(reader *all, ps_span word)
{
    if (ps_word_is(word, "Free"))
        all->state = PS_BLOCK_FREE;
    else if (ps_word_is(word, "Allocated"))
        all->state = PS_BLOCK_ALLOCATED;
}

static void set_address(reader *all, ps_span text)
{
    char decimal = '.';
    ps_amount amount;

    all->has_address = ps_read_amount(text, 0, &decimal, &amount) == PS_AMOUNT_OK;
    all->address = amount.size;
}

static void set_field(reader *all, const ps_role *role, const ps_json_token *token)
{
    ps_span text = token->text;

    if (role->kind == PS_ROLE_NUMBER && token->kind == PS_JSON_NUMBER && !whole_number(&text)) {
        ps_record_refuse(&all->record, PS_REFUSED, "a number in it is no whole number");
        return;
    }
    switch (role->kind) {
    case PS_ROLE_TIME_UTC:
        all->record.has_utc = true;
        copy_word(all->record_time, sizeof all->record_time, text);
        break;
    case PS_ROLE_TIME:
        if (!all->record.has_utc)
            copy_word(all->record_time, sizeof all->record_time, text);
        break;
    case PS_ROLE_HOST:
        copy_word(all->record_host, sizeof all->record_host, text);
        break;
    case PS_ROLE_ADDRESS:
        set_address(all, text);
        break;
    case PS_ROLE_STATE:
        set_state(all, text);
        break;
    default:
        ps_record_set(&all->record, role, text, &all->ways);
        break;
    }
}

/* --- members --------------------------------------------------------------------------------- */

static void set_context(reader *all, const ps_json_token *token)
{
    context *said = all->json->depth < CONTEXTS ? &all->contexts[all->json->depth] : NULL;

    if (said == NULL)
        return;
    if (key_is(all, "uptime_s") && token->kind == PS_JSON_NUMBER)
        copy_word(said->uptime, sizeof said->uptime, token->text);
    if (token->kind != PS_JSON_STRING)
        return;
    if (key_is(all, "time"))
        copy_word(said->time, sizeof said->time, token->text);
    else if (key_is(all, "host"))
        copy_word(said->host, sizeof said->host, token->text);
    else if (key_is(all, "origin"))
        copy_word(said->origin, sizeof said->origin, token->text);
    else if (key_is(all, "scope"))
        copy_word(said->scope, sizeof said->scope, token->text);
    else if (key_is(all, "schema") && all->json->depth == 1)
        copy_word(all->schema, sizeof all->schema, token->text);
}

/* A value that is no container, under its key in an object. */
static void set_member(reader *all, const ps_json_token *token, ps_reading *reading)
{
    ps_role role;

    if (all->key_size == 0 || (token->kind != PS_JSON_STRING && token->kind != PS_JSON_NUMBER))
        return;
    if (all->parts[all->json->depth] == PART_MEMORY) {
        if (token->kind == PS_JSON_NUMBER)
            set_memory(all, all->key, token->text, reading);
        return;
    }
    if (all->parts[all->json->depth] == PART_TOTALS) {
        if (token->kind == PS_JSON_NUMBER)
            set_total(all, token->text);
        return;
    }
    set_context(all, token);
    role = role_of_key(all);
    if (role.kind == PS_ROLE_NONE || token->cut || key_is(all, "owner"))
        return;
    if (all->record_depth == 0) {
        all->record_time[0] = all->record_host[0] = '\0';
        all->record_depth = all->json->depth;
    }
    if (all->record_depth == all->json->depth)
        set_field(all, &role, token);
}

static bool in_object(const reader *all)
{
    return all->json->depth > 0 && (all->json->objects >> (all->json->depth - 1) & 1) != 0;
}

static void read_value(reader *all, const ps_json_token *token, ps_reading *reading)
{
    if (in_object(all))
        set_member(all, token, reading);
    else if (all->parts[all->json->depth] == PART_FLAGS && token->kind == PS_JSON_STRING)
        all->record.flags |= ps_read_flags(token->text);
}

static void clear_context(context *said)
{
    said->time[0] = said->host[0] = said->origin[0] = said->scope[0] = said->uptime[0] = '\0';
}

/* A container begins, whose depth the tokens have counted already. */
static void begin_part(reader *all, bool object, ps_reading *reading)
{
    const size_t depth = all->json->depth;
    const bool under_key =
        depth >= 2 && (all->json->objects >> (depth - 2) & 1) != 0 && all->key_size > 0;
    const part found = under_key ? part_of_key(all, object) : PART_PLAIN;

    all->parts[depth] = found;
    if (depth < CONTEXTS)
        clear_context(&all->contexts[depth]);
    if (found == PART_ROWS || found == PART_MEMORY)
        open_snapshot(all, depth - 1, reading);
    if (found == PART_IGNORED ||
        (all->record_depth != 0 && all->record.has_tag && found != PART_FLAGS))
        all->ignored = depth;
    else if (object && found == PART_PLAIN && all->record_depth != 0)
        clear_record(all); /* what stood around it is no record */
    all->key_size = 0;
}

static void end_part(reader *all, bool object, ps_reading *reading)
{
    const size_t depth = all->json->depth + 1;

    if (object && all->record_depth == depth)
        end_record(all, reading);
    if (object && all->snapshot_depth == depth)
        close_snapshot(all, true, reading);
}

static void read_key(reader *all, const ps_json_token *token)
{
    all->key[0] = '\0';
    if (!token->cut)
        copy_word(all->key, sizeof all->key, token->text);
    all->key_size = strlen(all->key);
}

static void read_token(reader *all, const ps_json_token *token, ps_reading *reading)
{
    const bool ends = token->kind == PS_JSON_END_OBJECT || token->kind == PS_JSON_END_ARRAY;

    if (all->ignored > 0) {
        if (ends && all->json->depth < all->ignored)
            all->ignored = 0;
        return;
    }
    switch (token->kind) {
    case PS_JSON_KEY:
        read_key(all, token);
        break;
    case PS_JSON_BEGIN_OBJECT:
    case PS_JSON_BEGIN_ARRAY:
        begin_part(all, token->kind == PS_JSON_BEGIN_OBJECT, reading);
        break;
    case PS_JSON_END_OBJECT:
    case PS_JSON_END_ARRAY:
        end_part(all, token->kind == PS_JSON_END_OBJECT, reading);
        break;
    default:
        read_value(all, token, reading);
        break;
    }
}

static reader *open_reader(tagjson *table, ps_reading *reading)
{
    reader *all = calloc(1, sizeof *all);

    if (all == NULL) {
        (void)ps_fail_memory(&reading->text->error);
        return NULL;
    }
    all->json = &table->json;
    all->ways = (ps_record_ways){.encoding = PS_ENCODING_UTF8, .decimal = '.'};
    ps_draft_start(&all->snapshot.draft, reading->text, "");
    ps_moments_open(&all->moments, reading->text, "pool tag JSON");
    ps_blocksum_open(&all->sum, reading->text, "windows.bigpools, summed");
    clear_record(all);
    return all;
}

static void take_token(tagjson *table, const ps_json_token *token, ps_reading *reading)
{
    if (table->reader == NULL && token->kind == PS_JSON_KEY)
        table->reader = open_reader(table, reading);
    if (table->reader != NULL)
        read_token(table->reader, token, reading);
}

/* The whole piece; false where it is no JSON. */
static bool read_piece(tagjson *table, ps_reading *reading)
{
    ps_span piece = ps_whole_line(reading);
    ps_json_token token;

    while (!ps_failed(reading->text) && ps_json_next(&table->json, &piece, &token))
        take_token(table, &token, reading);
    if (!reading->line.more && ps_json_end_line(&table->json, &token))
        take_token(table, &token, reading);
    return table->json.error == NULL;
}

/* --- the dialect ----------------------------------------------------------------------------- */

static bool may_begin(ps_span body)
{
    const bool object = body.at < body.end && *body.at == '{';
    const bool array = body.at < body.end && *body.at == '[';
    char next = ' ';

    if (body.end - body.at > 1)
        next = body.at[1];
    if (object)
        return next == '"' || next == '}' || ps_is_blank(next);
    return array && (next == '{' || next == '[' || next == ']' || ps_is_blank(next));
}

static void close_reader(tagjson *table)
{
    reader *all = table->reader;

    if (all == NULL)
        return;
    ps_draft_drop(&all->snapshot.draft);
    ps_moments_drop(&all->moments);
    free(all);
    table->reader = NULL;
}

static bool is_relevant(const tagjson *table)
{
    return table->reader != NULL && table->reader->relevant;
}

static bool start(void *state, ps_reading *reading)
{
    tagjson *table = state;
    bool read;

    if (!may_begin(reading->body) || reading->at_prompt)
        return false;
    read = read_piece(table, reading);
    if (is_relevant(table) ||
        (read &&
         (table->json.depth > 0 || (table->reader != NULL && table->reader->schema[0] != '\0'))))
        return true;
    close_reader(table);
    *table = (tagjson){0};
    return false;
}

static bool row(void *state, ps_reading *reading)
{
    tagjson *table = state;

    if (table->json.error != NULL)
        return false;
    if (ps_json_is_between(&table->json) && reading->body.at < reading->body.end &&
        *reading->body.at != '{' && *reading->body.at != '[')
        return false;
    if (read_piece(table, reading))
        return true;
    if (!is_relevant(table))
        return false;
    ps_remark(reading->text, PS_REFUSED, &reading->line, "the JSON breaks off here: %s",
              table->json.error);
    return true;
}

static bool is_foreign(const reader *all)
{
    static const char *const known[] = {"poolsleuth.snapshot/", "poolsleuth.snapshots/",
                                        "poolsleuth.dump/"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(all->schema, known[i], strlen(known[i])) == 0)
            return false;
    return strncmp(all->schema, "poolsleuth.", 11) == 0;
}

static void finish(void *state, ps_reading *reading)
{
    tagjson *table = state;
    reader *all = table->reader;
    ps_text *text = reading->text;

    if (all == NULL)
        return;
    if (is_foreign(all)) {
        ps_remark(
            text, PS_REFUSED, NULL,
            "this is our own %s, which holds no snapshots: give the files that it was made of",
            all->schema);
        ps_draft_drop(&all->snapshot.draft);
        ps_moments_drop(&all->moments);
        ps_moments_open(&all->moments, text, "");
        all->snapshot_depth = 0;
    } else if (all->empty > 0) {
        ps_remark(text, PS_REFUSED, NULL, "%zu objects of the JSON have a tag but no numbers",
                  all->empty);
    }
    if (all->relevant && all->json->error == NULL && !ps_json_is_between(all->json))
        ps_remark(text, PS_REFUSED, NULL, "the text ends within the JSON");
    close_snapshot(all, false, reading);
    ps_moments_finish(&all->moments, PS_SCOPE_PART);
    ps_blocksum_finish(&all->sum);
    close_reader(table);
}

const ps_dialect ps_tagjson_dialect = {.name = "JSON",
                                       .any = PS_HAS_BRACKET,
                                       .room = sizeof(tagjson),
                                       .takes_pieces = true,
                                       .start = start,
                                       .row = row,
                                       .finish = finish};
