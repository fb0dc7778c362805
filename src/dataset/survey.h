/* What a dataset is like before it is sent: lengths, repeated prompts, and what a prefix cache that
 * forgets nothing would find. Tokens are estimates; blocks are cut as the built-in server's. */
#ifndef DATASET_SURVEY_H
#define DATASET_SURVEY_H

#include "base/statistics.h"
#include "dataset/dataset.h"

struct survey {
    uint64_t forms[FORM_COUNT];   /* rows of each */
    uint64_t sessions, questions; /* of all rows */
    uint32_t most_turns;          /* of a session */
    uint64_t with_limit;          /* rows with a max_tokens of their own */

    struct statistics tokens; /* of a row's texts */
    uint64_t total_tokens;
    uint64_t *lengths; /* ascending, dataset->count of them */

    uint32_t repeated;                    /* rows whose prompt stood there before */
    uint32_t repeated_line, repeats_line; /* the first of them, and the row it repeats */

    double cached_first, cached_again; /* share of input tokens found in round 1, and in round 2 */
};

/* Each question of a session is taken for a request with all before it, without replies. */
void survey_make(struct survey *survey, const struct dataset *dataset);
void survey_free(struct survey *survey);

#endif
