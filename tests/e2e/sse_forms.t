#!/usr/bin/perl
# Every form of stream that servers are known to send, by literal bytes: whole, byte by byte, and in
# pieces that end anywhere.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my $role = event('{"role":"assistant","content":""}');
my @end = (finish_event('stop'), DONE);

sub data { return slurp("$FindBin::Bin/data/$_[0]") }
sub lines_end { return join '', map { "data: $_" . $_[0] x 2 } @_[1 .. $#_] }

# name, bytes of the stream, then what must come out of it:
#   error: its class; tokens: output tokens; reply: the answer's text; more: other keys of the request
my @forms = (
    ['a first chunk with only a role is no token',
        sse($role, text_event('Hi'), text_event(' you'), @end), tokens => 2, reply => 'Hi you'],
    ['a role with null content',
        sse(event('{"role":"assistant","content":null}'), text_event('Hi'), @end), tokens => 1, reply => 'Hi'],
    ['a role in every chunk and an empty id',
        sse(map({ s/"id":"c"/"id":""/r } map { event(qq({"role":"assistant","content":"$_"})) } 'Hi', '!'), @end),
        tokens => 2, reply => 'Hi!'],
    ['reasoning under its short name',
        sse(event('{"reasoning":"hm"}'), text_event('Hi'), @end), tokens => 2, reply => 'Hi'],
    ['reasoning under its long name',
        sse(event('{"reasoning_content":"hm"}'), text_event('Hi'), @end), tokens => 2, reply => 'Hi'],
    ['nothing but reasoning is an answer with tokens',
        sse(event('{"reasoning_content":"hm"}'), event('{"reasoning_content":" so"}'), @end), tokens => 2],
    ['tool calls',
        sse(event('{"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]}'),
            event('{"tool_calls":[{"index":0,"function":{"arguments":"{\""}}]}'),
            finish_event('tool_calls'), DONE), tokens => 2],
    ['an empty delta without a finish reason',
        sse(event('{}'), text_event('Hi'), event('{}'), @end), tokens => 1, reply => 'Hi'],
    ['content in parts',
        sse(event('{"content":[{"type":"text","text":"Hi"}]}'), @end), tokens => 1, reply => 'Hi'],
    ['the finish reason in the last chunk with text',
        sse(text_event('Hi'), event('{"content":"."}', 'stop'), DONE), tokens => 2, reply => 'Hi.'],
    ['usage in a chunk of its own',
        sse($role, text_event('Hi'), $end[0], usage_event(9, 5, 4), DONE),
        tokens => 5, more => {input_tokens => 9, cached_tokens => 4}],
    ['usage in every chunk: the last one counts',
        sse(event('{"content":"a b"}', undef, ',"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}'),
            event('{"content":" c"}', 'stop', ',"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}'),
            DONE), tokens => 3, more => {input_tokens => 9}],
    ['usage null in every chunk, then usage',
        sse(event('{"content":"Hi"}', undef, ',"usage":null'), $end[0], usage_event(7, 4), DONE),
        tokens => 4, more => {input_tokens => 7}],
    ['an all-zero usage does not count',
        sse(event('{"content":"Hi"}', undef, ',"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}'),
            @end), tokens => 1],
    ['padding',
        sse(event('{"content":"Hi"}', undef, ',"obfuscation":"aK3bQ"'), @end), tokens => 1, reply => 'Hi'],
    ['chunks of a vendor, with empty choices or none',
        sse('{"choices":[],"prompt_progress":{"total":9}}', '{"sglext":{"x":[1,{"y":null}]}}',
            text_event('Hi'), event('{}', 'stop', ',"timings":{"cache_n":3,"prompt_n":6}'), DONE),
        tokens => 1, reply => 'Hi'],
    ['comments between events',
        ":\n\n: OPENROUTER PROCESSING\n\n" . sse(text_event('Hi')) . ": ping\n\n" . sse(@end),
        tokens => 1, reply => 'Hi'],
    ['no space behind the colon',
        sse(text_event('Hi'), @end) =~ s/^data: /data:/mgr, tokens => 1, reply => 'Hi'],
    ['CR LF', lines_end("\r\n", text_event('Hi'), text_event('!'), @end), tokens => 2, reply => 'Hi!'],
    ['lone CR', lines_end("\r", text_event('Hi'), text_event('!'), @end), tokens => 2, reply => 'Hi!'],
    ['no [DONE] behind a finish reason',
        sse(text_event('Hi'), $end[0]), tokens => 1, reply => 'Hi'],
    ['[DONE] without a finish reason',
        sse(text_event('Hi'), DONE), tokens => 1, reply => 'Hi'],
    ['event, id and retry lines',
        "retry: 10\nid: 1\nevent: message_delta\n" . sse(text_event('Hi'), @end), tokens => 1, reply => 'Hi'],
    ['an event in two data lines',
        "data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n" . sse(@end),
        tokens => 1, reply => 'Hi'],
    ['escapes, and characters outside the plane',
        sse(event('{"content":"\\u00e4\\ud83d\\ude00\\n"}'), text_event("\xe4\xbd\xa0"), @end),
        tokens => 2, reply => "\x{e4}\x{1f600}\n\x{4f60}"],
    ['an error inside a 200',
        sse(text_event('Hi'), '{"error":{"message":"out of pages","code":400}}', DONE), error => 'stream_error',
        says => qr/out of pages/],
    ['an error inside a 200, and nothing more',
        sse('{"error":{"message":"out of pages","code":400}}'), error => 'stream_error', says => qr/out of pages/],
    ['an error event whose text is a comment',
        "event: error\n: no worker is left\n\n", error => 'stream_error'],
    ['the end of a stream that never began',
        sse($role, finish_event('stop'), DONE), error => 'empty'],
    ['the end in the middle', sse($role, text_event('Hi')), error => 'truncated'],
    ['an event that is not JSON', sse(text_event('Hi'), '{"choices":[{', @end), error => 'bad_json'],
    ['llama.cpp, early 2025', data('llama-2025.sse'), tokens => 8, more => {input_tokens => 35}],
    ['llama.cpp, 2026', data('llama-2026.sse'), tokens => 3,
        more => {input_tokens => 35, cached_tokens => 34}],
);

my %cut = (
    'in one piece' => sub { $_[0] },
    'byte by byte' => sub { split //, $_[0] },
    'in odd pieces' => sub { $_[0] =~ /(.{1,37})/sg },
);

my $scratch = scratch;
my $rows = dataset("$scratch/forms.jsonl", scalar @forms);
for my $way (sort keys %cut) {
    my $source = source(sub {
        my ($socket, $request) = @_;
        # A pause now and then, so that the pieces do arrive as pieces.
        my $count = 0;
        send_bytes($socket, stream_head,
            map { ++$count % 50 == 1 ? ($_, \0.0005) : $_ } $cut{$way}->($forms[$request->{sample}][1]));
        return 0;
    });
    my $run = fluxperf('-d', $rows, '-u', $source->{url}, '--rounds', 1, '-c', 4, '-o', "$scratch/$way");
    stop($source->{pid});
    is($run->{exit}, 0, "$way: the run ends well") or diag($run->{err});

    my %requests = requests_by_sample(round_file("$scratch/$way", 4, 1));
    my %reply = map { $_->{sample} => $_->{reply} }
        grep { $_->{type} eq 'request' } read_jsonl("$scratch/$way/journal.jsonl");
    for my $sample (0 .. $#forms) {
        my ($name, undef, %expected) = @{$forms[$sample]};
        my $got = $requests{$sample};
        subtest "$way: $name" => sub {
            is($got->{error}{class}, $expected{error}, 'error');
            is($got->{success} ? 1 : 0, $expected{error} ? 0 : 1, 'success');
            like($got->{error}{message}, $expected{says}, 'message') if $expected{says};
            is($got->{output_tokens}, $expected{tokens}, 'output tokens') if $expected{tokens};
            is($reply{$sample}, $expected{reply}, 'reply') if defined $expected{reply};
            is($got->{$_}, $expected{more}{$_}, $_) for sort keys %{$expected{more} // {}};
        };
    }
}
done_testing;
