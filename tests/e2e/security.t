#!/usr/bin/perl
# Keys, files and certificates: what must not be seen, written through, or believed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;
use Tls;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 4);
my @short = ('-d', $rows, '--rounds', 1, '--max-output-tokens', 2, '-c', 2);
my $key = 'sk-nobody-may-see-this';

sub everything { return join '', map { slurp($_) } grep { -f } glob("$_[0]/*"), glob("$_[0]/*/*") }

subtest 'the built-in server listens on loopback alone' => sub {
    my $mock = mock();
    my $port = sprintf '%04X', $mock->{port};
    my @listening = map { /^\s*\d+: (\w+):$port \w+:\w+ 0A / ? $1 : () }
        map { split /\n/, slurp($_) } grep { -e } '/proc/net/tcp', '/proc/net/tcp6';
    is_deeply(\@listening, ['0100007F'], 'its address is 127.0.0.1');
    stop($mock->{pid});
};

subtest 'a key is shown nowhere' => sub {
    my $source = source(sub {
        my ($socket) = @_;
        return send_bytes($socket, \1, http_answer(200, 'text/event-stream',
            sse(text_event('Hi'), finish_event('stop'), usage_event(9, 1), DONE)));
    });
    my $file = spew("$scratch/key", "$key\n");
    my %given = (
        environment => [{env => {FLUXPERF_API_KEY => $key}}], file => [{}, '--api-key', "\@$file"],
        argument => [{}, '--api-key', $key], header => [{}, '-H', "Authorization: Bearer $key"],
    );
    for my $way (sort keys %given) {
        my ($options, @words) = @{$given{$way}};
        my $directory = "$scratch/by-$way";
        my $run = start($options, @short, '-u', $source->{url}, @words, '--debug-verbose', '--save-requests', '-o', $directory);
        wait_until(sub { -e "$directory/journal.jsonl" });
        unlike(slurp("/proc/$run->{pid}/cmdline"), qr/\Q$key/, "by $way: ps does not show it");
        finish($run);
        is($run->{exit}, 0, 'exit status') or diag($run->{err});
        unlike("$run->{out}$run->{err}" . everything($directory), qr/\Q$key/, 'no stream and no file has it');
    }
    my @got = map { $_->{headers}{authorization} // '' } read_jsonl($source->{record}->filename);
    is((grep { $_ ne "Bearer $key" } @got), 0, 'the server got it each time');
    stop($source->{pid});
};

subtest 'no redirect is followed, with a key or without' => sub {
    my $other = source(sub { send_bytes($_[0], http_answer(200, 'text/plain', 'caught')); return 0 });
    my $source = source(sub {
        my ($socket) = @_;
        send_bytes($socket, "HTTP/1.1 307 Go\r\nLocation: $other->{url}/v1/chat/completions\r\nContent-Length: 0\r\n\r\n");
        return 0;
    });
    my $run = fluxperf(@short, '-u', $source->{url}, '--api-key', $key, '-o', "$scratch/redirect");
    is($run->{exit}, 1, 'the requests fail');
    like($run->{out}, qr/http_status 307/, 'by their status');
    is(-s $other->{record}->filename, 0, 'the other server was not asked');
    stop($_->{pid}) for $source, $other;
};

my $mock = mock(qw(--ttft 1 --itl 0.1));
my @run = (@short, '-u', $mock->{url});

subtest 'files with prompts are private, figures are not' => sub {
    my $directory = "$scratch/modes";
    my $old = umask 022;
    my $run = fluxperf(@run, '--save-requests', '--debug', '-o', $directory);
    umask $old;
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    my %mode = map { m{([^/]+)$} ? ($1 => sprintf '%04o', (stat)[2] & 07777) : () } grep { -f } glob "$directory/*";
    for my $file (sort keys %mode) {
        my $private = $file =~ /journal|bodies|concurrency/;
        is($mode{$file}, $private ? '0600' : '0644', $file);
    }
    is(sprintf('%04o', (stat)[2] & 07777), '0600', 'a debug log') for glob "$directory/debug_logs/*";
};

subtest 'nothing is written through a symbolic link' => sub {
    for my $file (qw(journal.jsonl bodies.jsonl figures.csv figures.csv.tmp metrics_summary.csv concurrency_2_round_1.json)) {
        my $directory = "$scratch/link-$file";
        my $victim = spew("$scratch/victim", 'untouched');
        mkdir $directory;
        symlink $victim, "$directory/$file" or die "symlink: $!";
        fluxperf(@run, '--save-requests', '-o', $directory);
        is(slurp($victim), 'untouched', $file);
    }
    my $directory = "$scratch/link-said";
    mkdir $directory;
    symlink "$scratch/nothing", "$directory/journal.jsonl";
    my $run = fluxperf(@run, '-o', $directory);
    is($run->{exit}, 1, 'a journal that is a link ends the run');
    like($run->{err}, qr/journal\.jsonl: it is a symbolic link/, 'with the reason');
    ok(!-e "$scratch/nothing", 'and nothing is made behind it');
};
stop($mock->{pid});

SKIP: {
    skip 'nghttpx is not here', 1 unless has_program('nghttpx');
    subtest 'a certificate that nobody vouches for' => sub {
        my $behind = mock(qw(--ttft 1 --itl 0.1));
        my $proxy = tls_proxy($scratch, $behind->{port});
        my @tls = (@short, '-u', 'https://127.0.0.1', '--unix-socket', $proxy->{socket});
        my $refused = fluxperf(@tls, '-o', "$scratch/refused");
        is($refused->{exit}, 1, 'is refused');
        like($refused->{err}, qr/certificate/, 'and named');
        my $insecure = fluxperf(@tls, '--insecure', '-o', "$scratch/insecure");
        is($insecure->{exit}, 0, '--insecure takes it') or diag($insecure->{err});
        like($insecure->{out}, qr/certificate was not verified \(--insecure\)/, 'and the report says so');
        my $trusted = fluxperf(@tls, '--cacert', $proxy->{cert}, '-o', "$scratch/trusted");
        is($trusted->{exit}, 0, '--cacert takes it too') or diag($trusted->{err});
        unlike($trusted->{out}, qr/not verified/, 'which is no remark');
        stop($_->{pid}) for $proxy, $behind;
    };
}

# One that answers each request, one after the other, on a connection of its own, for 30 s at most.
sub closing_server
{
    my ($answer) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16) or die "listen: $!";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        local $SIG{ALRM} = sub { POSIX::_exit(0) };
        alarm 30;
        while (my $socket = $listener->accept) {
            my $pending = '';
            my $request = Fluxperf::read_request($socket, \$pending) or next;
            $answer->($socket, $request);
        }
        POSIX::_exit(0);
    }
    return {pid => $pid, url => '127.0.0.1:' . $listener->sockport};
}

subtest 'a tokenizer whose tokens are no numbers' => sub {
    my $server = closing_server(sub {
        my ($socket, $request) = @_;
        my $stream = sse(text_event('Hi'), finish_event('stop'), usage_event(9, 1), DONE);
        my $body = $request->{path} =~ /tokenize/ ? '{"tokens":[1,"a",3]}' : '{"data":[{"id":"m"}]}';
        send_bytes($socket, $request->{path} =~ /completions/ ? (stream_head, $stream)
            : http_answer(200, 'application/json', $body) =~ s/\r\n\r\n/\r\nConnection: close\r\n\r\n/r);
    });
    my $run = fluxperf({timeout => 25}, @short, '-u', $server->{url}, '--max-input-length', 5, '-o', "$scratch/tokens");
    is($run->{signal}, 0, 'it does not crash');
    is($run->{exit}, 0, 'and estimates them') or diag($run->{err});
    kill KILL => $server->{pid};
    waitpid $server->{pid}, 0;
};

subtest 'an answer beside the measured ones that never ends' => sub {
    my $server = closing_server(sub {
        my ($socket) = @_;
        send_bytes($socket, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
        1 while send_bytes($socket, 'x' x 1_000_000);
    });
    my $run = fluxperf({timeout => 25}, @short, '-u', $server->{url}, '-o', "$scratch/endless");
    isnt($run->{exit}, -1, 'it is given up');
    cmp_ok($run->{seconds}, '<', 20, 'soon');
    kill KILL => $server->{pid};
    waitpid $server->{pid}, 0;
};
done_testing;
