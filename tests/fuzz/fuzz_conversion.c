/* Any bytes as rows of LongBench and of ShareGPT. What comes out must be rows that run takes. */
#include <stdlib.h>

#include "dataset/dataset.h"
#include "dataset/longbench.h"
#include "dataset/sharegpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(struct text line)
{
    struct dataset dataset = {0};
    struct error error = {0};
    if (memchr(line.data, '\n', line.size))
        abort();
    if (!dataset_parse(&dataset, line, false, &error) || dataset.count != 1)
        abort();
    dataset_free(&dataset);
}

static void convert(struct conversion conversion, struct text content)
{
    conversion_init(&conversion);
    conversion_read_text(&conversion, "folder/hotpotqa.jsonl", content);
    if (conversion.count + conversion.bad + conversion.repeated > conversion.rows + 1)
        abort();
    for (uint32_t i = 0; i < conversion.count; i++)
        check_line(conversion.lines[i]);
    conversion_free(&conversion);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text content = {(const char *)data, size};
    for (enum longbench_format format = 0; format <= LONGBENCH_CONCATENATE; format++) {
        struct longbench_choice choice = {.format = format};
        convert((struct conversion){.read = longbench_read, .context = &choice}, content);
        buffer_free(&choice.others);
    }
    struct sharegpt_choice choice = {.min_turns = 1};
    convert((struct conversion){.read = sharegpt_read, .context = &choice}, content);
    return 0;
}
