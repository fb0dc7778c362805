#!/usr/bin/perl
# A server that was written elsewhere: npm's aimock, plain and behind nghttpx with TLS and HTTP/2.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Outcome;
use Test::More;
use Tls;

my $folder = "$ROOT/build/npm";
plan skip_all => 'npm\'s @copilotkit/aimock is not here (tests/deps.sh check installs it where npm is)'
    unless -d "$folder/node_modules/\@copilotkit/aimock" && has_program('node');

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 12);
my $reply = 'One two three four five six seven eight nine ten.';
my $script = spew("$folder/serve.mjs", <<"JS");
import { LLMock } from "\@copilotkit/aimock";
const mock = new LLMock({ port: 0, latency: 4, chunkSize: 6 });
mock.onMessage(/[^]/, { content: "$reply" });
await mock.start();
console.log(mock.url);
JS

my $out = File::Temp->new;
my $aimock = Fluxperf::spawn($out, $out, {cwd => $folder}, 'node', $script);
my $url;
wait_until(sub { slurp($out->filename) =~ m{^(http://127\.0\.0\.1:(\d+))$}m and $url = $1 }, 20)
    or die 'aimock does not start: ' . slurp($out->filename);
my ($port) = $url =~ /(\d+)$/;

sub check_run
{
    my ($name, @words) = @_;
    my $directory = "$scratch/$name";
    my $run = fluxperf('-d', $rows, '-c', 4, @words, '-o', $directory);
    is($run->{exit}, 0, "$name: exit status") or diag($run->{err});
    for my $number (1, 2) {
        my $round = round_file($directory, 4, $number);
        my @failed = grep { $_->{error} && $_->{error}{class} ne 'stalled_client' } @{$round->{requests}};
        is(scalar @failed, 0, "$name, round $number: all succeed");
        is((grep { ($_->{output_tokens} // 0) != $round->{requests}[0]{output_tokens} } @{$round->{requests}}), 0,
            'tokens come from usage');
        cmp_ok($round->{summary}{p50_ttft}, '>', 0, 'there is a TTFT');
    }
    my ($request) = grep { $_->{type} eq 'request' } read_jsonl("$directory/journal.jsonl");
    is($request->{reply}, $reply, 'the reply is whole');
    is($request->{chunks}, 9, 'in its chunks, the one with the role left out');
    ok($request->{done_seen}, 'to its [DONE]');
    accounted($directory, $name);
}

check_run('plain', '-u', $url);
SKIP: {
    skip 'nghttpx is not here', 1 unless has_program('nghttpx');
    my $proxy = tls_proxy($scratch, $port);
    my @tls = ('-u', 'https://127.0.0.1', '--unix-socket', $proxy->{socket}, '--cacert', $proxy->{cert});
    check_run('tls', @tls);
    check_run('http2', @tls, '--http2');
    like(slurp("$scratch/http2/journal.jsonl"), qr/"client":"not bounded"/, 'over HTTP/2 the lag is not bounded');
    stop($proxy->{pid});
}
stop($aimock);
done_testing;
