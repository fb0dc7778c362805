/* The start screen: a run put together in a few fields, with the command line that is the same. */
#ifndef UI_START_H
#define UI_START_H

#include "dataset/dataset.h"
#include "ui/form.h"

enum start_field {
    START_ENDPOINT,
    START_DATASET,
    START_CONCURRENCY,
    START_REQUESTS,
    START_ROUNDS,
    START_OUTPUT,
    START_TIMEOUT,
    START_TTFT,
    START_ITL,
    START_LATENCY,
    START_FIELD_COUNT
};

/* A server that answered GET /v1/models on this machine. */
struct found_server {
    uint16_t port;
    bool found;
    char model[96];
    char owner[32];  /* as it names itself; "" = it does not say */
    char engine[64]; /* "vllm 0.11.0"; "" = not known */
    bool has_metrics;
    const char *reset_path; /* of engines of its kind; NULL = none is known */
};

#define START_PORTS 4
extern const uint16_t start_ports[START_PORTS];

enum start_choice { START_NOTHING, START_RUN, START_DEMO, START_VIEW, START_LEAVE };

struct start {
    struct field fields[START_FIELD_COUNT];
    int focus;       /* −1 = none: letters are commands */
    bool entered;    /* the field was just gone to: what is typed takes the place of its text */
    uint32_t saved;  /* runs in results/ */
    char newest[48]; /* how long ago the last of them began */
    enum start_choice choice;

    struct found_server servers[START_PORTS];
    int looked_at;         /* how many of the ports were asked */
    bool endpoint_is_ours; /* put there by the search, not typed */

    /* what the fields come to; made by start_check */
    struct dataset dataset;
    char *dataset_name; /* of what was read; NULL = nothing */
    char wrong[256];    /* "" = it can be started */
    int wrong_field;
    uint32_t levels, rows;
    uint64_t requests, tokens_a_prompt;
    double seconds;
};

void start_init(struct start *start);
void start_free(struct start *start);
void start_draw(void *start, struct canvas *canvas);
bool start_key(void *start, int key);
/* Asks the next port; true when something was learnt. */
bool start_look(void *start);
/* GET /v1/models there, and where a server answers, its version and its metrics. False when nothing
 * like a server does. */
bool start_ask_server(uint16_t port, struct found_server *found);
/* Reads the fields: `wrong`, and how much would be sent. */
void start_check(struct start *start);
/* "fluxperf --endpoint …", the words that the fields come to. */
void start_command(const struct start *start, struct buffer *out);
/* The same as argv of `run`; freed with start_words_free. */
char **start_words(const struct start *start, int *count);
void start_words_free(char **words, int count);

#endif
