#include "ui/request_texts.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/statistics.h"
#include "benchmark/benchmark.h"
#include "result/kept.h"
#include "ui/figures.h"
#include "ui/text_pane.h"

static void heading(struct buffer *out, const char *text)
{
    buffer_printf(out, "%c%s\n", PANE_HEADING, text);
}

/* Each line by two blanks in. */
static void add_indented(struct buffer *out, struct text text)
{
    struct text line;
    while (text_next_line(&text, &line)) {
        buffer_add_string(out, "  ");
        buffer_add_text(out, line);
        buffer_add_char(out, '\n');
    }
}

static const struct record *record_of(const struct request_detail *detail)
{
    return detail->row.record ? detail->row.record : detail->row.other;
}

static const struct bulk_entry *bulk_of(const struct request_detail *detail)
{
    for (int i = 0; i < detail->count; i++)
        if (detail->sides[i].shown)
            return detail->sides[i].bulk;
    return NULL;
}

/* ---- prompt ---- */

/* A message's content: a string, or parts of which those with text count. */
static void add_content(struct buffer *out, const cJSON *content)
{
    if (cJSON_IsString(content)) {
        add_indented(out, text_of(content->valuestring));
        return;
    }
    for (const cJSON *part = content ? content->child : NULL; part; part = part->next) {
        const cJSON *text = cJSON_GetObjectItem(part, "text");
        if (cJSON_IsString(text))
            add_indented(out, text_of(text->valuestring));
    }
}

/* As it was sent. False when the body holds neither messages nor a prompt. */
static bool add_sent_messages(struct buffer *out, struct text body)
{
    cJSON *json = cJSON_ParseWithLength(body.data, body.size);
    const cJSON *messages = cJSON_GetObjectItem(json, "messages");
    const cJSON *prompt = cJSON_GetObjectItem(json, "prompt");
    bool known = cJSON_IsArray(messages) || cJSON_IsString(prompt);
    if (!cJSON_IsArray(messages) && known)
        add_indented(out, text_of(prompt->valuestring));
    for (const cJSON *message = cJSON_IsArray(messages) ? messages->child : NULL; message;
         message = message->next) {
        const cJSON *role = cJSON_GetObjectItem(message, "role");
        heading(out, cJSON_IsString(role) ? role->valuestring : "-");
        add_content(out, cJSON_GetObjectItem(message, "content"));
    }
    cJSON_Delete(json);
    return known;
}

/* Of a conversation: what was asked and answered before. */
static void add_earlier_turns(struct buffer *out, const struct request_detail *detail,
                              const struct ui *ui, const struct record *record)
{
    const struct round *round = detail->row.round;
    char *path = ui->directory ? path_join(ui->directory, "journal.jsonl") : NULL;
    for (uint16_t turn = 1; turn < record->turn; turn++) {
        const struct prompt *question =
            run_find_question(ui->run, detail->row.level, record->sample, turn);
        if (!question)
            break;
        heading(out, "user");
        add_indented(out, text_of(question->text ? question->text : "-"));
        uint32_t index = record->index - (record->turn - turn), count = round_record_count(round);
        uint32_t at = 0;
        while (at < count && round->records[at].index != index)
            at++;
        struct bulk bulk = {0};
        heading(out, "assistant");
        bool known = path && at < count && bulk_read(&bulk, path, &round->records[at], NULL);
        add_indented(out, known && bulk.has_reply ? buffer_text(&bulk.reply) : TEXT("-"));
        bulk_free(&bulk);
    }
    free(path);
}

static void add_message(struct buffer *out, struct message *message)
{
    struct sample one = {.messages = message, .message_count = 1};
    struct buffer text = {0};
    sample_plain_text(&one, &text);
    heading(out, message->role);
    add_indented(out, buffer_text(&text));
    buffer_free(&text);
}

/* --system-prompt, where it was given and the row brings none. */
static void add_system_prompt(struct buffer *out, const struct request_row *row)
{
    struct text value;
    if (!run_option(row->run, row->level, "system_prompt", &value) || value.size < 2 ||
        value.data[0] != '"')
        return;
    struct buffer prompt = {0};
    json_unescape(&prompt, (struct text){value.data + 1, value.size - 2});
    heading(out, "system");
    add_indented(out, buffer_text(&prompt));
    buffer_free(&prompt);
}

/* What stands in front of all questions, or, of a request that is asked alone, all of it. */
static void add_row(struct buffer *out, const struct request_row *row, const struct sample *sample,
                    bool instructions_only)
{
    if (strcmp(sample->messages[0].role, "system") != 0)
        add_system_prompt(out, row);
    for (uint32_t i = 0; i < sample->message_count; i++)
        if (!instructions_only || message_is_instruction(&sample->messages[i]))
            add_message(out, &sample->messages[i]);
}

void request_text_prompt(const struct request_detail *detail, const struct ui *ui,
                         struct prompt_source *source, struct buffer *out)
{
    const struct request_row *row = &detail->row;
    const struct record *record = record_of(detail);
    struct buffer body = {0};
    bool sent = record && ui->directory && kept_body(ui->directory, record, &body) &&
                add_sent_messages(out, buffer_text(&body));
    buffer_free(&body);
    if (sent)
        return;
    struct text question = request_prompt(row);
    if (!question.data) {
        buffer_add_string(out, "Prompts were not kept: the run had --no-text.\n");
        return;
    }
    const char *salt = row->level->salt;
    if (salt[0])
        buffer_printf(out, "%s stands in front: the salt of this level.\n", salt);
    const struct sample *sample =
        prompt_source_find(source, ui, row->level, (uint32_t)request_value(row, VALUE_SAMPLE));
    bool alone = request_turns(row) == 1;
    if (sample)
        add_row(out, row, sample, !alone);
    if (sample && alone)
        return;
    if (record)
        add_earlier_turns(out, detail, ui, record);
    heading(out, "user");
    add_indented(out, question);
}

/* ---- reply and gaps ---- */

/* NULL when there is none; `out` then says why. */
static const struct bulk *bulk_or_reason(const struct request_detail *detail, struct buffer *out)
{
    const struct bulk_entry *entry = bulk_of(detail);
    if (!detail->row.record)
        buffer_add_string(out, "It is in flight still.\n");
    else if (!entry)
        buffer_add_string(out, "There is no journal to read it from.\n");
    else if (!entry->ok)
        buffer_printf(out, "%s\n", entry->error.text);
    return entry && entry->ok ? &entry->bulk : NULL;
}

void request_text_reply(const struct request_detail *detail, struct buffer *out)
{
    const struct record *record = detail->row.record;
    if (record && record->error_text) {
        heading(out, error_class_name(record->error));
        add_indented(out, text_of(record->error_text));
        const char *advice = error_class_advice(record->error);
        if (advice[0])
            buffer_printf(out, "  What to do: %s\n", advice);
    }
    const struct bulk *bulk = bulk_or_reason(detail, out);
    if (!bulk)
        return;
    bool failed = record && record->error_text;
    if (failed && bulk->has_reply)
        heading(out, "came before");
    if (bulk->has_reply)
        buffer_add_text(out, buffer_text(&bulk->reply));
    else if (record && !failed)
        buffer_add_string(out, record->chunks ? "Replies were not kept: the run had --no-text.\n"
                                              : "Nothing came.\n");
}

#define LONGEST_SHOWN 8

struct gap {
    uint32_t us, at;
};

static int longest_first(const void *left, const void *right)
{
    const struct gap *a = left, *b = right;
    if (a->us != b->us)
        return a->us < b->us ? 1 : -1;
    return (a->at > b->at) - (a->at < b->at);
}

/* Of tens of µs and on, ten to a decade. */
static const uint32_t steps[] = {10, 12, 15, 20, 25, 30, 40, 50, 60, 80};

static uint32_t step_us(size_t step)
{
    uint32_t us = steps[step % ARRAY_SIZE(steps)];
    for (size_t decade = step / ARRAY_SIZE(steps); decade; decade--)
        us *= 10;
    return us;
}

#define SPREAD_STEPS 71 /* to 100 s */

/* How many gaps there are of each length. */
static void add_spread(struct buffer *out, const struct gap *gaps, uint32_t count)
{
    uint32_t counts[SPREAD_STEPS] = {0}, most = 1;
    for (uint32_t i = 0; i < count; i++) {
        size_t step = 0;
        while (step + 1 < SPREAD_STEPS && gaps[i].us >= step_us(step + 1))
            step++;
        if (++counts[step] > most)
            most = counts[step];
    }
    for (size_t step = 0; step < SPREAD_STEPS; step++) {
        if (!counts[step])
            continue;
        double from_ms = step ? step_us(step) / 1e3 : 0;
        buffer_printf(out, "  from %6.*f ms %6u  ", from_ms < 10, from_ms, counts[step]);
        for (uint32_t i = 0; i < (counts[step] * 25 + most - 1) / most; i++)
            buffer_add_string(out, "█");
        buffer_add_char(out, '\n');
    }
}

void request_text_gaps(const struct request_detail *detail, struct buffer *out)
{
    const struct bulk *bulk = bulk_or_reason(detail, out);
    if (!bulk)
        return;
    const struct chunk_times *chunks = &bulk->chunks;
    if (chunks->count < 2) {
        buffer_printf(out, "%u chunk with text: there is no gap.\n", chunks->count);
        return;
    }
    uint32_t count = chunks->count - 1;
    struct gap *gaps = xreallocarray(NULL, count, sizeof *gaps);
    uint64_t *values = xreallocarray(NULL, count, sizeof *values);
    for (uint32_t i = 0; i < count; i++) {
        gaps[i] = (struct gap){chunks->us[i + 1] - chunks->us[i], i + 2};
        values[i] = gaps[i].us;
    }
    struct statistics statistics = statistics_of(values, count);
    buffer_printf(out, "%u chunks; gaps: average %.2f ms, P50 %.2f, P99 %.2f\n\n", chunks->count,
                  statistics.avg / 1e3, statistics.p50 / 1e3, statistics.p99 / 1e3);
    heading(out, "how many of each length");
    add_spread(out, gaps, count);
    qsort(gaps, count, sizeof *gaps, longest_first);
    buffer_add_char(out, '\n');
    heading(out, "the longest");
    for (uint32_t i = 0; i < count && i < LONGEST_SHOWN; i++)
        buffer_printf(out, "  %9.2f ms  before chunk %-4u at %.2f s\n", gaps[i].us / 1e3,
                      gaps[i].at, chunks->us[gaps[i].at - 1] / 1e6);
    free(gaps);
    free(values);
}

/* ---- body, events, curl ---- */

void request_text_body(const struct request_detail *detail, const struct ui *ui, struct buffer *out)
{
    const struct record *record = record_of(detail);
    struct buffer body = {0};
    cJSON *json = NULL;
    if (record && ui->directory && kept_body(ui->directory, record, &body))
        json = cJSON_ParseWithLength(body.data, body.size);
    char *printed = json ? cJSON_Print(json) : NULL;
    if (printed)
        buffer_add_string(out, printed);
    else if (record)
        buffer_printf(
            out,
            "Bodies were not kept: --save-requests keeps them.\n"
            "It took %u bytes of messages; its hash is %016lx, the same in every round.\n",
            record->prompt_bytes, (unsigned long)record->body_hash);
    cJSON_free(printed);
    cJSON_Delete(json);
    buffer_free(&body);
}

static void add_event(struct buffer *out, const cJSON *event, double sent_ns)
{
    const cJSON *at = cJSON_GetObjectItem(event, "at_ns");
    const cJSON *name = cJSON_GetObjectItem(event, "event");
    const cJSON *data = cJSON_GetObjectItem(event, "data");
    double ms = cJSON_IsNumber(at) ? (at->valuedouble - sent_ns) / 1e6 : NO_VALUE;
    buffer_printf(out, "%10s  ", figure_of(ms, 2).text);
    if (cJSON_IsString(name))
        buffer_printf(out, "%s: ", name->valuestring);
    buffer_printf(out, "%s\n", cJSON_IsString(data) ? data->valuestring : "");
}

void request_text_events(const struct request_detail *detail, const struct ui *ui,
                         struct buffer *out)
{
    const struct record *record = detail->row.record;
    struct buffer events = {0};
    cJSON *json = NULL;
    if (record && ui->directory && kept_events(ui->directory, record, &events))
        json = cJSON_ParseWithLength(events.data, events.size);
    if (json) {
        heading(out, "        ms  event, as it came");
        for (const cJSON *event = json->child; event; event = event->next)
            add_event(out, event, (double)record->sent_ns);
    } else {
        buffer_add_string(out, "Events were not kept: --debug-verbose keeps them.\n");
        if (record)
            buffer_printf(out, "%u events came, %s bytes in all.\n", record->events,
                          figure_count((double)record->response_bytes).text);
    }
    cJSON_Delete(json);
    buffer_free(&events);
}

/* In single quotes for a shell. */
static void add_quoted(struct buffer *out, struct text text)
{
    buffer_add_char(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'')
            buffer_add_string(out, "'\\''");
        else
            buffer_add_char(out, text.data[i]);
    }
    buffer_add_char(out, '\'');
}

/* As like the one that was sent as the run still knows. */
static void make_body(struct buffer *out, const struct request_detail *detail, const struct ui *ui)
{
    struct json_writer json = {.out = out};
    struct buffer content = {0};
    if (detail->row.level->salt[0])
        buffer_printf(&content, "%s\n", detail->row.level->salt);
    buffer_add_text(&content, request_prompt(&detail->row));
    json_open(&json, '{');
    json_put_string(&json, "model", ui->run->model);
    json_key(&json, "messages");
    json_open(&json, '[');
    json_open(&json, '{');
    json_put_string(&json, "role", "user");
    json_put_text(&json, "content", buffer_text(&content));
    json_close(&json, '}');
    json_close(&json, ']');
    json_put_bool(&json, "stream", true);
    json_close(&json, '}');
    buffer_free(&content);
}

void request_text_curl(const struct request_detail *detail, const struct ui *ui, struct buffer *out)
{
    const struct record *record = record_of(detail);
    struct buffer body = {0};
    bool kept = record && ui->directory && kept_body(ui->directory, record, &body);
    if (!kept) {
        buffer_add_string(out, "# made from the question: bodies are kept with --save-requests\n");
        make_body(&body, detail, ui);
    }
    buffer_add_string(out, "curl -N ");
    add_quoted(out, text_of(ui->run->endpoint));
    buffer_add_string(out, " \\\n  -H 'Content-Type: application/json' \\\n  -d ");
    add_quoted(out, buffer_text(&body));
    buffer_add_char(out, '\n');
    buffer_free(&body);
}
