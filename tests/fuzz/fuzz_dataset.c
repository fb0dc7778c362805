/* Any bytes as a dataset. What is read must be fit to send: JSON contents, a clean session id. */
#include <stdlib.h>

#include "base/json.h"
#include "dataset/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(const struct message *message)
{
    struct buffer body = {0};
    struct json_writer json = {.out = &body};
    json_open(&json, '{');
    json_put_string(&json, "role", message->role);
    json_key(&json, "content");
    json_raw(&json, message->content);
    buffer_add_text(&body, message->others);
    json_close(&json, '}');

    struct json_scan scan = json_scan_begin(buffer_text(&body));
    if (!json_skip(&scan) || !json_scan_done(&scan))
        abort();
    buffer_free(&body);
}

static void check_utf8(struct text text)
{
    while (text.size) {
        size_t length = utf8_length(text);
        if (length == 0)
            abort();
        text = (struct text){text.data + length, text.size - length};
    }
}

static void check_sample(const struct sample *sample)
{
    if (sample->message_count == 0 || sample->user_turns == 0 || sample->line == 0)
        abort();
    if (strcmp(sample->messages[sample->message_count - 1].role, "user") != 0)
        abort();
    for (uint32_t i = 0; i < sample->message_count; i++)
        check_message(&sample->messages[i]);
    for (const char *c = sample->session_id; c && *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            abort();
    struct buffer plain = {0};
    sample_plain_text(sample, &plain);
    check_utf8(buffer_text(&plain));
    check_utf8(sample->prompt);
    buffer_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text content = {(const char *)data, size};
    for (int skip = 0; skip < 2; skip++) {
        struct dataset dataset = {0};
        struct error error = {0};
        if (!dataset_parse(&dataset, content, skip, &error)) {
            if (error.text[0] == '\0' || dataset.samples)
                abort();
            continue;
        }
        if (dataset.count == 0)
            abort();
        for (uint32_t i = 0; i < dataset.count; i++)
            check_sample(&dataset.samples[i]);
        dataset_free(&dataset);
    }
    return 0;
}
