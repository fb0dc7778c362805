/* How the built-in server behaves. Every knob is an option --mock-…; 0 turns a fault off. */
#ifndef MOCK_KNOBS_H
#define MOCK_KNOBS_H

#include <stdint.h>

struct mock_knobs {
    char *host;
    int64_t port; /* 0 = any free one */
    char *model;
    char *api_key; /* NULL = none needed */
    uint64_t seed;

    double ttft_ms;              /* before the first token, with everything cached */
    double prefill_tokens_per_s; /* of what is not cached */
    double itl_ms;
    double jitter;              /* share by which TTFT and ITL vary, 0…1 */
    int64_t slots;              /* requests served at once; 0 = no limit */
    int64_t cache_tokens;       /* size of the prefix cache; 0 = no cache */
    int64_t store_tokens;       /* of a prompt, stored each time it comes; 0 = all of it */
    int64_t reply_tokens;       /* when the request gives no limit */
    int64_t chunk_tokens;       /* tokens in one SSE event */
    int64_t max_context_tokens; /* longer prompts get 400; 0 = no limit */

    /* Faults: the probability, 0…1, that a request meets one. */
    double refuse; /* the connection is closed without an answer */
    double error_429;
    double error_500;
    double stall;        /* stops in mid-stream and says nothing more for a minute */
    double reset;        /* RST in mid-stream */
    double close_kept;   /* closes the kept connection after the reply, without saying so */
    double error_event;  /* an error object in mid-stream, then [DONE] */
    double no_done;      /* ends without [DONE] */
    double no_finish;    /* ends without a finish reason and without [DONE] */
    double split_utf8;   /* a character is cut in two by the socket */
    double crlf;         /* lines end in \r\n */
    double comments;     /* comment lines between events */
    double coalesce;     /* several events in one write */
    double garbage;      /* an event that is not JSON */
    double no_usage;     /* no usage even when asked */
    double not_a_stream; /* a 200 with a JSON body */
};

/* The defaults: a small model on a quick machine. Strings are constants until options replace them.
 */
void mock_knobs_default(struct mock_knobs *knobs);

#endif
