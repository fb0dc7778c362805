/* How many tokens a text may have, where nobody can be asked: a rule for each kind of character,
 * fitted to the vocabularies of GPT-4o and Llama 3. */
#ifndef DATASET_TOKENS_H
#define DATASET_TOKENS_H

#include "base/text.h"

/* Never less for more text. The manual says how far off it is. */
double tokens_estimate(struct text text);

#endif
