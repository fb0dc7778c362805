#include "dataset/longbench.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "dataset/content.h"

#define OTHERS_MAX_BYTES 4096

#define ENGLISH false
#define CHINESE true

struct task {
    const char *name;
    enum longbench_format format;
    bool chinese;
    const char *label;   /* before the question; NULL = the usual one */
    const char *closing; /* the last line of the prompt; NULL = the usual one, or none */
};

/* The tasks of LongBench. Few-shot contexts are examples that the input goes on with, code is gone
 * on with where it stops, and a summary has no question. */
static const struct task tasks[] = {
    /* questions about one text, and about several */
    {"narrativeqa", LONGBENCH_CONTEXT_QUESTION, ENGLISH, NULL, NULL},
    {"qasper", LONGBENCH_CONTEXT_QUESTION, ENGLISH, NULL, NULL},
    {"multifieldqa_en", LONGBENCH_CONTEXT_QUESTION, ENGLISH, NULL, NULL},
    {"multifieldqa_zh", LONGBENCH_CONTEXT_QUESTION, CHINESE, NULL, NULL},
    {"hotpotqa", LONGBENCH_CONTEXT_QUESTION, ENGLISH, NULL, NULL},
    {"2wikimqa", LONGBENCH_CONTEXT_QUESTION, ENGLISH, NULL, NULL},
    {"musique", LONGBENCH_CONTEXT_QUESTION, ENGLISH, NULL, NULL},
    {"dureader", LONGBENCH_CONTEXT_QUESTION, CHINESE, NULL, NULL},
    /* summaries */
    {"gov_report", LONGBENCH_CONTEXT_ONLY, ENGLISH, NULL,
     "Summarise the report above on one page."},
    {"qmsum", LONGBENCH_CONTEXT_QUESTION, ENGLISH, NULL, NULL},
    {"multi_news", LONGBENCH_CONTEXT_ONLY, ENGLISH, NULL, "Summarise the news above on one page."},
    {"vcsum", LONGBENCH_CONTEXT_ONLY, CHINESE, NULL, "请概括上面这次会议的内容。"},
    /* few-shot */
    {"trec", LONGBENCH_CONCATENATE, ENGLISH, NULL, NULL},
    {"triviaqa", LONGBENCH_CONCATENATE, ENGLISH, NULL, NULL},
    {"samsum", LONGBENCH_CONCATENATE, ENGLISH, NULL, NULL},
    {"lsht", LONGBENCH_CONCATENATE, CHINESE, NULL, NULL},
    /* synthetic */
    {"passage_count", LONGBENCH_CONTEXT_ONLY, ENGLISH, NULL,
     "Some of these paragraphs are repeated. How many different ones are there? Answer with the "
     "number alone."},
    {"passage_retrieval_en", LONGBENCH_CONTEXT_QUESTION, ENGLISH,
     "Abstract: ", "Which paragraph does the abstract describe? Answer with its number."},
    {"passage_retrieval_zh", LONGBENCH_CONTEXT_QUESTION, CHINESE, "摘要：",
     "这段摘要描述的是哪一个段落？请只回答段落的编号。"},
    /* code */
    {"lcc", LONGBENCH_CONCATENATE, ENGLISH, NULL,
     "Write the next line of this code, and nothing else."},
    {"repobench-p", LONGBENCH_CONCATENATE, ENGLISH, NULL,
     "Write the next line of this code, and nothing else."},
};

/* Rows of other datasets are questions, in the language that they name. */
static const struct task any_task = {"", LONGBENCH_CONTEXT_QUESTION, ENGLISH, NULL, NULL};
static const struct task any_chinese_task = {"", LONGBENCH_CONTEXT_QUESTION, CHINESE, NULL, NULL};

/* NULL when it is none of LongBench's. The evenly spread variants, as "qasper_e", are their tasks.
 */
static const struct task *find_task(struct text name)
{
    if (text_ends_with(name, "_e"))
        name.size -= 2;
    for (size_t i = 0; i < ARRAY_SIZE(tasks); i++)
        if (text_is(name, tasks[i].name))
            return &tasks[i];
    return NULL;
}

/* ---- the row ---- */

struct row {
    struct text context, input, dataset, language, id; /* escaped; an absent one is empty */
    bool has_context, has_input;
};

static bool take_text(struct json_scan *scan, const char *key, struct text *text,
                      struct error *error)
{
    if (json_peek(scan) == JSON_STRING)
        return json_scan_string(scan, text);
    struct text other;
    const char *at = scan->at;
    if (!json_scan_raw(scan, &other) || text_is(other, "null"))
        return !scan->failed;
    scan->at = at;
    return error_set(error, "\"%s\" must be a string, not %s", key, json_type_name(other));
}

static bool take_member(struct json_scan *scan, struct text key, struct row *row,
                        struct error *error)
{
    if (text_is(key, "context")) {
        row->has_context = true;
        return take_text(scan, "context", &row->context, error);
    }
    if (text_is(key, "input")) {
        row->has_input = true;
        return take_text(scan, "input", &row->input, error);
    }
    if (text_is(key, "dataset"))
        return take_text(scan, "dataset", &row->dataset, error);
    if (text_is(key, "language"))
        return take_text(scan, "language", &row->language, error);
    if (text_is(key, "_id") && json_peek(scan) == JSON_NUMBER)
        return json_scan_raw(scan, &row->id);
    if (text_is(key, "_id"))
        return take_text(scan, "_id", &row->id, error);
    return json_skip(scan);
}

static bool scan_row(struct text text, struct row *row, const char **at, struct error *error)
{
    struct json_scan scan = json_scan_begin(text);
    struct text key;
    error->text[0] = '\0';
    json_enter_object(&scan);
    while (json_next_key(&scan, &key))
        if (!take_member(&scan, key, row, error) && !scan.failed) {
            *at = scan.at;
            return false;
        }
    if (!json_scan_done(&scan)) {
        *at = scan.at;
        return error_set(error, "%s%s", scan.failed ? scan.reason : "more text after the row's end",
                         scan.at == text.data + text.size ? ", but the row ends here" : "");
    }
    return row->has_context || row->has_input ||
           error_set(error, "no \"context\" and no \"input\": is this a row of LongBench?");
}

/* ---- its prompt ---- */

static void add_line(struct buffer *prompt, const char *line)
{
    if (prompt->size)
        buffer_add_string(prompt, prompt->data[prompt->size - 1] == '\n' ? "\n" : "\n\n");
    buffer_add_string(prompt, line);
}

static void add_question(struct buffer *prompt, const struct task *task, struct text question)
{
    if (question.size == 0)
        return;
    const char *label = task->label ? task->label : task->chinese ? "问题：" : "Question: ";
    if (prompt->size)
        add_line(prompt, label);
    json_unescape(prompt, question);
    if (!task->closing)
        buffer_add_string(prompt, task->chinese ? "\n回答：" : "\nAnswer:");
}

/* One text that goes on: a line break where neither of the two brings one. */
static void add_continuation(struct buffer *prompt, struct text input)
{
    size_t end = prompt->size;
    json_unescape(prompt, input);
    if (end == 0 || end == prompt->size || prompt->data[end - 1] == '\n' ||
        prompt->data[end] == '\n')
        return;
    buffer_add_char(prompt, '\n');
    memmove(prompt->data + end + 1, prompt->data + end, prompt->size - end - 1);
    prompt->data[end] = '\n';
}

static void add_prompt(struct buffer *prompt, const struct row *row, const struct task *task,
                       enum longbench_format format)
{
    struct task plain = {.chinese = task->chinese};
    if (format == LONGBENCH_AUTO)
        format = task->format;
    else
        task = &plain; /* asked for this form: the task's own words are left out */
    if (format != LONGBENCH_QUESTION_ONLY)
        json_unescape(prompt, row->context);
    if (format == LONGBENCH_CONTEXT_QUESTION)
        add_question(prompt, task, row->input);
    else if (format == LONGBENCH_CONCATENATE)
        add_continuation(prompt, row->input);
    else if (format == LONGBENCH_QUESTION_ONLY)
        json_unescape(prompt, row->input);
    if (task->closing && prompt->size)
        add_line(prompt, task->closing);
}

static void write_row(struct buffer *out, struct buffer *identity, const struct row *row,
                      struct text dataset, struct text prompt)
{
    struct buffer id = {0};
    json_unescape(&id, row->id);
    buffer_add_text(identity, id.size ? dataset : TEXT(""));
    buffer_add_char(identity, '\0');
    buffer_add_text(identity, id.size ? buffer_text(&id) : prompt);

    struct json_writer json = {.out = out};
    json_open(&json, '{');
    json_put_text(&json, "text", prompt);
    json_put_text(&json, "dataset", dataset);
    if (id.size)
        json_put_text(&json, "_id", buffer_text(&id));
    json_close(&json, '}');
    buffer_free(&id);
}

/* ---- which rows ---- */

/* The first few names, each once. */
static void note_other(struct longbench_choice *choice, struct text dataset)
{
    struct text rest = buffer_text(&choice->others), line;
    if (rest.size + dataset.size > OTHERS_MAX_BYTES)
        return;
    while (text_next_line(&rest, &line))
        if (text_equal(line, dataset))
            return;
    buffer_add_text(&choice->others, dataset);
    buffer_add_char(&choice->others, '\n');
}

static bool is_chosen(struct longbench_choice *choice, struct text dataset, struct text stem)
{
    bool chosen = choice->name_count == 0;
    for (size_t i = 0; i < choice->name_count; i++) {
        const char *name = choice->names[i];
        if (text_is(dataset, name) || text_is(stem, name))
            chosen = choice->name_found[i] = true;
    }
    if (!chosen)
        note_other(choice, dataset);
    return chosen;
}

bool longbench_read(void *context, struct text text, struct text stem, struct buffer *out,
                    struct buffer *identity, const char **at, struct error *error)
{
    struct longbench_choice *choice = context;
    struct row row = {0};
    if (!scan_row(text, &row, at, error))
        return false;
    struct buffer name = {0}, prompt = {0};
    json_unescape(&name, row.dataset);
    struct text dataset = name.size ? buffer_text(&name) : stem;
    bool ok = true;
    if (is_chosen(choice, dataset, stem)) {
        const struct task *task = find_task(dataset);
        if (!task)
            task = text_is(row.language, "zh") ? &any_chinese_task : &any_task;
        add_prompt(&prompt, &row, task, choice->format);
        if (text_trim(buffer_text(&prompt)).size)
            write_row(out, identity, &row, dataset, buffer_text(&prompt));
        else
            ok = error_set(error, "nothing to ask: the row has no text for this format");
    }
    buffer_free(&name);
    buffer_free(&prompt);
    return ok;
}
