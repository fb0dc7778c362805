/* What rounds are called in files. The first level under a load takes the plain name, a later one
 * has its number behind it. */
#ifndef REPORT_NAMES_H
#define REPORT_NAMES_H

#include "report/files.h"

/* "Concurrency10-Round1", "Rate5-Round2-L4"; freed by the caller. */
char *round_column_name(const struct run *run, const struct level *level,
                        const struct round *round);

#endif
