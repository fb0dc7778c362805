/* The server's own metrics, side by side. */
#ifndef REPORT_COMPARE_SERVER_H
#define REPORT_COMPARE_SERVER_H

#include "report/compare.h"
#include "report/page.h"

/* Fills group->server; the cells are there. */
void compare_make_server(struct compare_group *group, size_t side_count);
/* A share as such, seconds as milliseconds; others have their unit behind the title. */
struct figure compare_server_figure(const struct watched *watched, double value);
/* Of those that are finite; NO_VALUE when none is. Sorts. */
double compare_median(double *values, size_t count);

#endif
