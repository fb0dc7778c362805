/* Conversations of ShareGPT into sessions of questions: what the humans said, in order. */
#ifndef DATASET_SHAREGPT_H
#define DATASET_SHAREGPT_H

#include "dataset/conversion.h"

/* The context of sharegpt_read. */
struct sharegpt_choice {
    uint32_t min_turns;
    uint32_t too_short; /* sessions left out, counted */
};

/* A conversion_reader. */
bool sharegpt_read(void *context, struct text row, struct text stem, struct buffer *out,
                   struct buffer *identity, const char **at, struct error *error);

#endif
