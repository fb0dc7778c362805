#include <stdlib.h>

#include "result/journal.h"
#include "result/journal_field.h"
#include "result/redacted.h"

struct json_writer journal_begin_line(struct journal *journal, const char *type)
{
    struct json_writer json = {.out = &journal->pending};
    json_open(&json, '{');
    json_put_string(&json, "type", type);
    return json;
}

void journal_end_line(struct json_writer *json)
{
    json_close(json, '}');
    buffer_add_char(json->out, '\n');
}

void journal_put_run(struct journal *journal, const struct run *run)
{
    struct json_writer json = journal_begin_line(journal, "run");
    fields_write(&json, journal_run_fields, run);
    journal_end_line(&json);
}

void journal_put_dataset(struct journal *journal, uint16_t number,
                         const struct run_dataset *dataset)
{
    struct json_writer json = journal_begin_line(journal, "dataset");
    json_put_uint(&json, "dataset", number);
    fields_write(&json, journal_dataset_fields, dataset);
    journal_end_line(&json);
}

void journal_put_prompt(struct journal *journal, uint16_t dataset, const struct prompt *prompt)
{
    struct json_writer json = journal_begin_line(journal, "prompt");
    if (dataset)
        json_put_uint(&json, "dataset", dataset);
    json_put_uint(&json, "row", prompt->row);
    json_put_uint(&json, "turn", prompt->turn);
    json_put_redacted(&json, "session_id", prompt->session_id);
    json_put_redacted(&json, "text", journal->text ? prompt->text : NULL);
    journal_end_line(&json);
}

void journal_put_level(struct journal *journal, const struct level *level)
{
    struct json_writer json = journal_begin_line(journal, "level");
    fields_write(&json, journal_level_fields, level);
    journal_end_line(&json);
}

void journal_put_round(struct journal *journal, const struct level *level,
                       const struct round *round)
{
    struct json_writer json = journal_begin_line(journal, "round");
    json_put_uint(&json, "level", level->number);
    fields_write(&json, journal_round_fields, round);
    json_key(&json, "segment");
    json_open(&json, '{');
    fields_write(&json, journal_segment_fields, &round->segments[0]);
    json_close(&json, '}');
    journal_end_line(&json);
}

static void put_chunk_us(struct json_writer *json, const struct record *record)
{
    json_key(json, "chunk_us");
    json_open(json, '[');
    /* Straight into the buffer: a long run writes a hundred of these a request. */
    buffer_reserve(json->out, record->chunk_count * sizeof "4294967295,");
    char *at = json->out->data + json->out->size;
    for (uint32_t i = 0; i < record->chunk_count; i++) {
        char digits[10];
        size_t count = 0;
        uint32_t value = record->chunk_us[i];
        do
            digits[count++] = (char)('0' + value % 10);
        while (value /= 10);
        if (i > 0)
            *at++ = ',';
        while (count)
            *at++ = digits[--count];
    }
    *at = '\0';
    json->out->size = (size_t)(at - json->out->data);
    json_close(json, ']');
}

void journal_put_request(struct journal *journal, struct record *record)
{
    record->journal_offset = journal->written_bytes + journal->pending.size;
    struct json_writer json = journal_begin_line(journal, "request");
    fields_write(&json, journal_record_fields, record);
    put_chunk_us(&json, record);
    if (record->reply_id)
        json_put_redacted(&json, "reply_id", record->reply_id);
    if (journal->text && record->reply) {
        json_key(&json, "reply");
        json_redacted_escaped(&json, (struct text){record->reply, record->reply_size});
    }
    journal_end_line(&json);
}

void journal_put_change(struct journal *journal, const struct change *change)
{
    struct json_writer json = journal_begin_line(journal, "change");
    fields_write(&json, journal_change_fields, change);
    journal_end_line(&json);
}

void journal_put_segment(struct journal *journal, const struct level *level,
                         const struct round *round, const struct segment *segment)
{
    struct json_writer json = journal_begin_line(journal, "segment");
    json_put_uint(&json, "level", level->number);
    json_put_uint(&json, "round", round->number);
    json_put_string(&json, "label", level->label);
    fields_write(&json, journal_segment_fields, segment);
    journal_end_line(&json);
}

void journal_put_round_end(struct journal *journal, const struct level *level,
                           const struct round *round)
{
    struct json_writer json = journal_begin_line(journal, "round_end");
    json_put_uint(&json, "level", level->number);
    fields_write(&json, journal_round_end_fields, round);
    journal_end_line(&json);
}

void journal_put_slo(struct journal *journal, const struct run *run)
{
    struct json_writer json = journal_begin_line(journal, "slo");
    fields_write(&json, journal_slo_fields, run);
    journal_end_line(&json);
}

void journal_put_hide(struct journal *journal, uint16_t level, bool hidden, uint64_t at_ns)
{
    struct json_writer json = journal_begin_line(journal, "hide");
    json_put_uint(&json, "at_ns", at_ns);
    json_put_uint(&json, "level", level);
    json_put_bool(&json, "hidden", hidden);
    journal_end_line(&json);
}

void journal_put_baseline(struct journal *journal, const struct baseline_choice *choice,
                          uint64_t at_ns)
{
    struct json_writer json = journal_begin_line(journal, "baseline");
    json_put_uint(&json, "at_ns", at_ns);
    fields_write(&json, journal_baseline_fields, choice);
    journal_end_line(&json);
}

void journal_put_steady(struct journal *journal, const struct level *level, uint64_t at_ns)
{
    struct json_writer json = journal_begin_line(journal, "steady");
    json_put_uint(&json, "level", level->number);
    json_put_uint(&json, "from", level->steady_from);
    json_put_uint(&json, "rounds", level->rounds_planned);
    json_put_uint(&json, "at_ns", at_ns);
    journal_end_line(&json);
}

void journal_put_run_end(struct journal *journal, const char *reason, uint64_t at_ns)
{
    struct json_writer json = journal_begin_line(journal, "run_end");
    json_put_uint(&json, "at_ns", at_ns);
    json_put_redacted(&json, "reason", reason);
    journal_end_line(&json);
}
