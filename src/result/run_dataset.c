#include "result/run_dataset.h"

#include <stdlib.h>

#include "base/memory.h"

void run_dataset_add(struct run_dataset *dataset, uint32_t row, uint16_t turn,
                     const char *session_id, struct text text)
{
    uint32_t count = dataset->prompt_count;
    /* Grows by doubling: the count alone tells where. */
    if ((count & (count - 1)) == 0)
        dataset->prompts =
            xreallocarray(dataset->prompts, count ? count * 2u : 1, sizeof *dataset->prompts);
    dataset->prompts[count] = (struct prompt){
        .row = row,
        .turn = turn,
        .session_id = session_id ? xstrdup(session_id) : NULL,
        .text = text.data ? xstrndup(text.data, text.size) : NULL,
    };
    dataset->prompt_count = count + 1;
}

static int compare_prompts(const void *left, const void *right)
{
    const struct prompt *a = left, *b = right;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    return (a->turn > b->turn) - (a->turn < b->turn);
}

void run_dataset_sort(struct run_dataset *dataset)
{
    if (dataset->prompt_count)
        qsort(dataset->prompts, dataset->prompt_count, sizeof *dataset->prompts, compare_prompts);
}

void run_dataset_publish(struct run_dataset *dataset, struct run_dataset *from)
{
    dataset->prompts = from->prompts;
    atomic_store_explicit(&dataset->prompt_count, from->prompt_count, memory_order_release);
    from->prompts = NULL;
    from->prompt_count = 0;
}

const struct prompt *run_dataset_find(const struct run_dataset *dataset, uint32_t row,
                                      uint16_t turn)
{
    struct prompt key = {.row = row, .turn = turn};
    uint32_t count = atomic_load_explicit(&dataset->prompt_count, memory_order_acquire);
    return count ? bsearch(&key, dataset->prompts, count, sizeof key, compare_prompts) : NULL;
}

void run_dataset_free_owned(struct run_dataset *dataset)
{
    for (uint32_t i = 0; i < dataset->prompt_count; i++) {
        free(dataset->prompts[i].session_id);
        free(dataset->prompts[i].text);
    }
    free(dataset->prompts);
    free(dataset->name);
}
