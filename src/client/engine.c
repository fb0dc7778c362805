#include "client/engine.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "config/config.h"

static const struct engine engines[] = {
    {"vllm", "vllm", "/version", "version", "/reset_prefix_cache"},
    {"sglang", "sglang", "/get_server_info", "version", "/flush_cache"},
    {"fluxperf", "built-in server", NULL, NULL, "/reset_prefix_cache"},
    {"llama", "llama.cpp", "/props", "build_info", NULL},
    {"library", "ollama", "/api/version", "version", NULL},
};

const struct engine *engine_find(const char *sign)
{
    for (size_t i = 0; sign && i < ARRAY_SIZE(engines); i++)
        if (strncasecmp(sign, engines[i].sign, strlen(engines[i].sign)) == 0)
            return &engines[i];
    return NULL;
}

char *engine_title(const struct engine *engine, struct http_client *client, const char *endpoint,
                   const struct http_request *request)
{
    if (!engine->version_path)
        return xstrdup(engine->name);
    char *url = endpoint_sibling(endpoint, engine->version_path), *title = NULL;
    struct http_request get = *request;
    struct http_response response;
    get.url = url;
    if (http_perform(client, &get, &response, NULL) && response.status == 200) {
        cJSON *json = cJSON_ParseWithLength(response.body.data, response.body.size);
        const cJSON *version = cJSON_GetObjectItemCaseSensitive(json, engine->version_key);
        if (cJSON_IsString(version))
            title = xasprintf("%s %.40s", engine->name, version->valuestring);
        cJSON_Delete(json);
    }
    http_response_free(&response);
    free(url);
    return title ? title : xstrdup(engine->name);
}
