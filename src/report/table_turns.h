/* Figures by turn of a conversation: how much of a growing history is served from the cache. */
#ifndef REPORT_TABLE_TURNS_H
#define REPORT_TABLE_TURNS_H

#include "report/page.h"

/* Nothing where no request is a later turn. */
void table_turns(struct page *page, const struct run *run, const struct level *level,
                 const struct round *round);

#endif
