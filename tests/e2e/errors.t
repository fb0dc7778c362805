#!/usr/bin/perl
# Each class of error from its cause, and what is said of it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;
use Time::HiRes qw(sleep);

my $scratch = scratch;
my @end = (finish_event('stop'), DONE);

# name, what the server does (bytes and waits), class, further expectations
my @causes = (
    ['a status other than 2xx', [http_answer(503, 'application/json', '{"error":{"message":"no room"}}')],
        'http_status', status => 503, says => qr/no room/],
    ['a redirect is not followed', ["HTTP/1.1 302 Found\r\nLocation: /v1/models\r\nContent-Length: 0\r\n\r\n"],
        'http_status', status => 302],
    ['an error in the stream', [stream_head, sse(text_event('a'), '{"error":{"message":"evicted"}}')],
        'stream_error', says => qr/evicted/, tokens => 1],
    ['a JSON body', [http_answer(200, 'application/json', '{"object":"error","message":"stream me not"}')],
        'not_a_stream', says => qr/stream me not/],
    ['a web page', [http_answer(200, 'text/html', "<html><body>Welcome to the proxy</body></html>")],
        'not_a_stream', says => qr/Welcome to the proxy/],
    ['cut off', [stream_head, sse(text_event('a'), text_event('b'))], 'truncated', tokens => 2],
    ['a chunked body that breaks off',
        ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" . sse(text_event('a'))], 'truncated'],
    ['no token', [stream_head, sse(@end)], 'empty'],
    ['an empty body', [http_answer(200, 'text/event-stream', '')], 'truncated|empty'],
    ['no JSON', [stream_head, sse(text_event('a'), 'oops', @end)], 'bad_json', tokens => 1],
    ['a response that is too large', [stream_head, map({ sse(text_event('x' x 10000)) } 1 .. 30), sse(@end)], 'too_large'],
    ['silence before the first token', [stream_head, sse(event('{"role":"assistant"}')), \3], 'timeout_first_token'],
    ['silence after the first token', [stream_head, sse(text_event('a')), \5], 'timeout_total', tokens => 1],
    ['no answer at all', [''], 'truncated|connect|empty'],
    ['control characters in an error', [http_answer(500, 'text/plain', "\e]0;owned\a\e[31mred\r\n")], 'http_status'],
    ['and one that succeeds', [stream_head, sse(text_event('a'), @end)], undef],
);

my $rows = dataset("$scratch/rows.jsonl", scalar @causes);
my $source = source(sub {
    my ($socket, $request) = @_;
    send_bytes($socket, @{$causes[$request->{sample}][1]});
    return 0;
});
my $run = fluxperf('-d', $rows, '-u', $source->{url}, '-c', 16, '--rounds', 1, '--timeout', 2,
    '--first-token-timeout', 1, '--max-response-bytes', 100000, '-o', "$scratch/out");
is($run->{exit}, 0, 'failed requests do not change the exit status') or diag($run->{err});
unlike("$run->{out}$run->{err}", qr/[\x00-\x08\x0b-\x1f\x7f]/, 'nothing from a server reaches the terminal as control');
my $round = round_file("$scratch/out", 16, 1);
my %requests = requests_by_sample($round);
for my $sample (0 .. $#causes) {
    my ($name, undef, $class, %expected) = @{$causes[$sample]};
    my $got = $requests{$sample};
    subtest $name => sub {
        if (!defined $class) {
            is($got->{error}, undef, 'no error');
            ok($got->{success}, 'success');
            return;
        }
        like($got->{error}{class}, qr/^(?:$class)$/, 'class');
        ok(!$got->{success}, 'no success');
        is($got->{error}{http_status}, $expected{status}, 'status') if $expected{status};
        like($got->{error}{message}, $expected{says}, 'message') if $expected{says};
        is($got->{latency}, undef, 'it counts in no latency');
        is($got->{output_tokens}, $expected{tokens}, 'what came before is kept') if $expected{tokens};
    };
}
is($round->{summary}{failed_requests}, $#causes, 'all but one failed');
is($round->{summary}{successful_requests}, 1, 'one succeeded');
stop($source->{pid});

subtest 'nothing succeeds: exit 1' => sub {
    my $broken = source(sub { send_bytes($_[0], http_answer(500, 'text/plain', 'no')); return 0 });
    my $failed = fluxperf('-d', $rows, '-u', $broken->{url}, '-n', 3, '--rounds', 1, '-o', "$scratch/none");
    is($failed->{exit}, 1, 'exit status');
    like($failed->{out}, qr/http_status/, 'the report names the class');
    like($failed->{err}, qr/^error: no request succeeded; most often \(3\): http_status, .*no/m, 'and stderr the reason');
    stop($broken->{pid});
};

subtest 'a server that goes away: connect' => sub {
    my $mock = mock(qw(--ttft 50 --itl 1));
    my $many = dataset("$scratch/many.jsonl", 400);
    my $gone = start('-d', $many, '-u', $mock->{url}, '-c', 2, '--rounds', 1, '--max-output-tokens', 4,
        '--give-up', 1, '-o', "$scratch/gone");
    sleep 1;
    stop($mock->{pid});
    finish($gone, 20);
    isnt($gone->{exit}, -1, 'it gives up by itself');
    is($gone->{exit}, 1, 'exit status');
    like($gone->{err}, qr/^error: the server stayed away for more than 1 s \(--give-up\)$/m, 'and says why');
    my %groups = map { $_->{class} => $_ } @{round_file("$scratch/gone", 2, 1)->{summary}{errors}};
    ok($groups{connect}, 'requests failed to connect') or diag(join ' ', keys %groups);
};

subtest 'a stopped client says so' => sub {
    my $mock = mock(qw(--ttft 5 --itl 30));
    my $slow = start('-d', $rows, '-u', $mock->{url}, '-n', 2, '-c', 2, '--rounds', 1, '--max-output-tokens', 80,
        '-o', "$scratch/stalled");
    my $journal = "$scratch/stalled/journal.jsonl";
    wait_until(sub { -e $journal && slurp($journal) =~ /"type":"round"/ });
    sleep 0.1;
    kill STOP => $slow->{pid};
    sleep 0.6;
    kill CONT => $slow->{pid};
    finish($slow, 20);
    my @classes = map { $_->{error}{class} // 'none' } @{round_file("$scratch/stalled", 2, 1)->{requests}};
    is_deeply(\@classes, ['stalled_client', 'stalled_client'], 'requests in flight are marked');
    like($slow->{out}, qr/^Client: saturated.*These figures are the client's/m, 'and the client is not called well');
    unlike($slow->{out}, qr/cold/, 'nor the cache cold, of which nothing is known');
    stop($mock->{pid});
};

subtest 'no server: nothing is sent' => sub {
    my $none = fluxperf('-d', $rows, '-u', '127.0.0.1:1', '-o', "$scratch/unreachable");
    is($none->{exit}, 1, 'exit status');
    like($none->{err}, qr{127\.0\.0\.1:1.*refused}s, 'it names the address and the reason');
};

# name, what the server answers to everything, what stderr must say
for my $case (
    ['a key is missing', http_answer(401, 'application/json', '{"error":"who are you"}'),
        qr/asks for a key \(HTTP 401\): give --api-key.*who are you/],
    ['a path that is not there', http_answer(404, 'application/json', '{"detail":"Not Found"}'),
        qr{/v1/models answers HTTP 404.*--endpoint.*--model NAME.*Not Found}],
    ['a web server', http_answer(200, 'text/html', '<html>Welcome</html>'), qr{/v1/models answers with a web page}],
    ['a server without a list', http_answer(200, 'application/json', '{}'), qr/names no model.*--model NAME/],
    ['a port that hangs up', '', qr{answers? plain http: does it speak https\?}],
) {
    my ($name, $answer, $says) = @$case;
    subtest "$name: nothing is sent" => sub {
        my $source = source(sub { send_bytes($_[0], $answer); return $answer ne '' }, 'all');
        my $run = fluxperf('-d', $rows, '-u', $source->{url}, '-o', "$scratch/refused");
        is($run->{exit}, 1, 'exit status');
        like($run->{err}, $says, 'it says why, and what to do');
        ok(!-e "$scratch/refused/journal.jsonl", 'and leaves no files');
        stop($source->{pid});
    };
}

subtest 'https to a server without it' => sub {
    my $plain = source(sub { 0 });
    my $tls = fluxperf('-d', $rows, '-u', "https://127.0.0.1:$plain->{port}", '-o', "$scratch/tls");
    is($tls->{exit}, 1, 'exit status');
    stop($plain->{pid});
};
done_testing;
