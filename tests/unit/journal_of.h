/* Writes a run as the collector would, in the order things happened. */
#ifndef JOURNAL_OF_H
#define JOURNAL_OF_H

#include "result/journal.h"

static inline void journal_put_whole_round(struct journal *journal, const struct level *level,
                                           struct round *round)
{
    uint32_t segment = 1;
    journal_put_round(journal, level, round);
    for (uint32_t i = 0; i < round->record_count; i++) {
        for (; segment < round->segment_count &&
               round->segments[segment].start_ns <= round->records[i].end_ns;
             segment++)
            journal_put_segment(journal, level, round, &round->segments[segment]);
        journal_put_request(journal, &round->records[i]);
    }
    if (round->ended)
        journal_put_round_end(journal, level, round);
}

static inline void journal_put_whole(struct journal *journal, const struct run *run)
{
    journal_put_run(journal, run);
    for (uint32_t i = 0; i < run->dataset.prompt_count; i++)
        journal_put_prompt(journal, 0, &run->dataset.prompts[i]);
    for (uint32_t l = 0; l < run->level_count; l++) {
        journal_put_level(journal, run->levels[l]);
        for (uint32_t r = 0; r < run->levels[l]->round_count; r++)
            journal_put_whole_round(journal, run->levels[l], &run->levels[l]->rounds[r]);
    }
    if (run->end_reason)
        journal_put_run_end(journal, run->end_reason, 1);
}

#endif
