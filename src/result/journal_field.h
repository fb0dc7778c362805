/* The members of journal lines as tables: one row is one key, for the writer and the reader alike.
 */
#ifndef RESULT_JOURNAL_FIELD_H
#define RESULT_JOURNAL_FIELD_H

#include "base/json.h"
#include "base/memory.h"

enum field_type {
    FIELD_U8,
    FIELD_U16,
    FIELD_U32,
    FIELD_U64,
    FIELD_INSTANT, /* u64; 0 is null */
    FIELD_TOKENS,  /* u32; TOKENS_UNKNOWN is null */
    FIELD_HASH,    /* u64 as 16 hex digits: numbers above 2^53 do not survive every reader */
    FIELD_REAL,    /* double, as short as reads back the same; NaN is null */
    FIELD_BOOL,
    FIELD_STRING, /* char *, owned; NULL is null */
    FIELD_CHARS,  /* char[size] */
    FIELD_JSON,   /* char * that holds JSON, owned; NULL is null */
    FIELD_ERROR,  /* u8, enum error_class by name */
    FIELD_FINISH, /* u8, enum finish_reason by name */
    FIELD_HEALTH, /* enum health_verdict by name */
    FIELD_WATCHED_KIND,
    FIELD_WATCHED_ROLE,
    FIELD_READING_PLACE, /* u8 */
    FIELD_TYPE_COUNT
};

struct field {
    const char *key;
    enum field_type type;
    size_t offset;
    size_t size; /* FIELD_CHARS only */
};

struct field_table {
    const struct field *fields;
    size_t count;
};

/* What each line holds after "type"; the table's offsets are into the struct of that name. */
extern const struct field_table journal_run_fields, journal_level_fields, journal_round_fields,
    journal_segment_fields, journal_record_fields, journal_round_end_fields, journal_change_fields,
    journal_dataset_fields, journal_source_fields, journal_watched_fields, journal_reading_fields;
extern const struct field_table journal_slo_fields;      /* of struct run */
extern const struct field_table journal_baseline_fields; /* of struct baseline_choice */
extern const struct field_table journal_now_fields;      /* of struct live_view */

/* A line of that type, at the end of what is pending: begun up to its first member, and ended. */
struct journal;
struct json_writer journal_begin_line(struct journal *journal, const char *type);
void journal_end_line(struct json_writer *json);

/* Every text passes redact(). */
void fields_write(struct json_writer *json, struct field_table table, const void *object);

/* Reads members into `object` until the object ends (false) or a key comes that the table does not
 * have (true): its value is then the caller's to pass. Also false on failure: see scan->failed.
 * Strings that were there are freed. */
bool fields_read(struct json_scan *scan, struct field_table table, void *object,
                 struct text *other_key);

/* Passes one value into its member of `object`. False when it is of another type or out of range;
 * then the scan has failed. */
bool field_read(struct json_scan *scan, const struct field *field, void *object);

/* As short as reads back the same; null when not finite. */
void json_exact(struct json_writer *json, double value);
/* Adds `value` with every secret starred out, as a JSON string. */
void json_redacted(struct json_writer *json, struct text value);
/* The same with a key; NULL is null. */
void json_put_redacted(struct json_writer *json, const char *key, const char *value);

#endif
