# Runs fluxperf, its built-in server, and a server that sends literal bytes; reads what a run left.
# Everything started here is bounded in time and ended by its process id.
package Fluxperf;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use Fcntl qw(:flock);
use File::Temp ();
use IO::Handle;
use IO::Socket::INET;
use JSON::PP ();
use POSIX qw(WNOHANG);
use Socket qw(AF_INET SOCK_DGRAM);
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(
    $ROOT own_network fluxperf start finish mock source stop scratch slurp spew dataset wait_until descriptors
    read_json read_jsonl read_csv round_file requests_by_sample
    words sse event text_event finish_event usage_event DONE http_answer stream_head send_bytes
);

our $ROOT = abs_path(__FILE__) =~ s{/tests/e2e/lib/Fluxperf\.pm$}{}r;
my $binary = abs_path($ENV{FLUXPERF} // "$ROOT/fluxperf");
my %running;    # pid => 1

# What the caller's environment must not decide.
delete @ENV{qw(FLUXPERF_API_KEY OPENAI_API_KEY http_proxy https_proxy all_proxy NO_COLOR)};
$ENV{LC_ALL} //= 'C.UTF-8';
$SIG{PIPE} = 'IGNORE';

END {
    my $status = $?;
    stop($_) for keys %running;
    $? = $status;
}

# Runs the test again with a loopback of its own, so that fixed ports are free whatever else is on this
# machine. Where that is not allowed it goes on as it is. Call it first.
sub own_network
{
    my $marked = 'FLUXPERF_TEST_OWN_NETWORK';
    my @unshare = qw(unshare --user --map-root-user --net);
    unless ($ENV{$marked}) {
        return if system("@unshare true 2>/dev/null") != 0;
        $ENV{$marked} = 1;
        exec @unshare, $^X, $0;
    }
    my ($SIOCSIFFLAGS, $IFF_UP_AND_RUNNING) = (0x8914, 0x41);
    socket my $socket, AF_INET, SOCK_DGRAM, 0 or die "socket: $!";
    ioctl $socket, $SIOCSIFFLAGS, pack('a16 s x22', 'lo', $IFF_UP_AND_RUNNING) or die "lo: $!";
}

# ---- programs

sub scratch { return File::Temp->newdir('fluxperf-e2e-XXXXXX', TMPDIR => 1) }

sub spawn
{
    my ($stdout, $stderr, $options, @words) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        %running = ();
        open STDIN, '<', $options->{stdin} // '/dev/null' or POSIX::_exit(127);
        open STDOUT, '>&', $stdout or POSIX::_exit(127);
        open STDERR, '>&', $stderr or POSIX::_exit(127);
        chdir $options->{cwd} or POSIX::_exit(127) if $options->{cwd};
        local @ENV{keys %{$options->{env} // {}}} = values %{$options->{env} // {}};
        exec { $words[0] } @words or POSIX::_exit(127);
    }
    $running{$pid} = 1;
    return $pid;
}

# start({cwd, stdin, env, wrap => [words before the binary]}, ARGUMENTS): a run in progress.
sub start
{
    my $options = ref $_[0] ? shift : {};
    my %run = (out_file => File::Temp->new, err_file => File::Temp->new, started => time);
    $run{pid} = spawn($run{out_file}, $run{err_file}, $options, @{$options->{wrap} // []}, $binary, @_);
    return \%run;
}

# Waits at most `seconds` for it. Sets exit (or signal), out, err and seconds; a run that had to be
# killed has exit -1.
sub finish
{
    my ($run, $seconds) = @_;
    my $limit = time + ($seconds // 30);
    my $status;
    while (1) {
        if (waitpid($run->{pid}, WNOHANG) == $run->{pid}) {
            $status = $?;
            last;
        }
        if (time > $limit) {
            kill KILL => $run->{pid};
            waitpid $run->{pid}, 0;
            diag("killed after $seconds s");
            last;
        }
        sleep 0.005;
    }
    delete $running{$run->{pid}};
    $run->{seconds} = time - $run->{started};
    $run->{exit} = defined $status ? $status >> 8 : -1;
    $run->{signal} = defined $status ? $status & 127 : 0;
    $run->{out} = slurp($run->{out_file}->filename);
    $run->{err} = slurp($run->{err_file}->filename);
    return $run;
}

# fluxperf({timeout, …}, ARGUMENTS) runs to its end.
sub fluxperf
{
    my $options = ref $_[0] ? shift : {};
    return finish(start($options, @_), $options->{timeout} // 60);
}

# One that the test started itself: it is ended with the others.
sub adopt { $running{$_[0]} = 1 }

# Ends a program by its id: politely, then not.
sub stop
{
    my ($pid) = @_;
    return unless delete $running{$pid};
    kill TERM => $pid;
    kill CONT => $pid;
    for (1 .. 400) {
        return if waitpid($pid, WNOHANG) != 0;
        sleep 0.005;
    }
    kill KILL => $pid;
    waitpid $pid, 0;
}

# mock(OPTIONS): `fluxperf mock-server`. Returns {pid, port, url}; dies when it does not come up.
sub mock
{
    my @options = @_;
    unshift @options, '--port', 0 unless grep { $_ eq '--port' } @options;
    pipe my $read, my $write or die "pipe: $!";
    my $errors = File::Temp->new;
    my $pid = spawn($write, $errors, {}, $binary, 'mock-server', @options);
    close $write;
    my $line = '';
    eval {
        local $SIG{ALRM} = sub { die "timeout\n" };
        alarm 10;
        $line = <$read> // '';
        alarm 0;
    };
    my ($port) = $line =~ m{^listening on http://[^:]+:(\d+)$};
    unless ($port) {
        stop($pid);
        die "the built-in server said '$line' and " . slurp($errors->filename);
    }
    return {pid => $pid, port => $port, url => "http://127.0.0.1:$port", pipe => $read};
}

# ---- a server of literal bytes

# source(HANDLER, DIALECT, KEEPS): serves on a free port until stop($source->{pid}). Requests whose prompt holds
# "sample-N" go to HANDLER->(socket, request) with request = {method, path, headers, body, sample,
# number}; it sends what it likes and returns false to close the connection. All others (probe,
# /v1/models) get an ordinary answer; the probe's connection is closed after it unless KEEPS, and fluxperf then
# gives each request a new one. /tokenize takes each word for a token; with the dialect 'llama' or
# 'sglang' each character, and /detokenize turns it round; with 'none' there is nothing. Handled requests stand in `record`, a line of JSON each:
# number, sample, body, headers, connection (another number for each), begun and ended (CLOCK_REALTIME).
sub source
{
    my ($handler, $dialect, $keeps) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1024, ReuseAddr => 1)
        or die "listen: $!";
    my $record = File::Temp->new;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        %running = ();
        $SIG{CHLD} = 'IGNORE';
        $SIG{TERM} = sub { kill KILL => -$$ };    # with all its connections
        POSIX::setpgid(0, 0);
        while (my $socket = accept_one($listener)) {
            my $child = fork;
            if (defined $child && $child == 0) {
                $SIG{TERM} = 'DEFAULT';
                close $listener;
                serve($socket, $handler, $record->filename, $dialect // 'words', $keeps);
                POSIX::_exit(0);
            }
            close $socket;
        }
        POSIX::_exit(0);
    }
    $running{$pid} = 1;
    my $port = $listener->sockport;
    close $listener;
    return {pid => $pid, port => $port, url => "http://127.0.0.1:$port", record => $record};
}

sub accept_one
{
    my ($listener) = @_;
    while (1) {
        my $socket = $listener->accept;
        return $socket if $socket || !$!{EINTR};
    }
}

sub serve
{
    my ($socket, $handler, $record, $dialect, $keeps) = @_;
    setsockopt $socket, Socket::IPPROTO_TCP(), Socket::TCP_NODELAY(), 1;
    my $pending = '';
    while (my $request = read_request($socket, \$pending)) {
        if ($dialect eq 'all') {    # the handler answers whatever is asked
            return unless $handler->($socket, $request);
        } elsif ($dialect ne 'none' && $request->{path} =~ m{^/(?:de)?tokenize$}) {
            send_bytes($socket, tokenizer_answer($request, $dialect));
        } elsif ($request->{body} =~ /sample-(\d+)/) {
            $request->{sample} = $1;
            my $begun = time;
            my $keep = $handler->($socket, $request);
            note_request($record, {
                (map { $_ => $request->{$_} } qw(sample body headers path)),
                connection => $$, begun => $begun, ended => time
            });
            return unless $keep;
        } elsif ($request->{method} eq 'GET') {
            send_bytes($socket, http_answer(200, 'application/json',
                '{"object":"list","data":[{"id":"bytes","object":"model"}]}'));
        } elsif ($request->{path} =~ m{/completions$}) {
            my $answer = sse(text_event('a'), text_event('b'), finish_event('length'), usage_event(3, 2), DONE());
            send_bytes($socket, $keeps ? http_answer(200, 'text/event-stream', $answer) : stream_head() . $answer);
            return unless $keeps;
        } else {
            send_bytes($socket, http_answer(404, 'application/json', '{"error":{"message":"no such path"}}'));
        }
    }
}

sub tokenizer_answer
{
    my ($request, $dialect) = @_;
    my $json = JSON::PP->new->utf8;
    my $asked = $json->decode($request->{body});
    my $text = $asked->{$dialect eq 'llama' ? 'content' : 'prompt'};
    my $answer;
    if ($request->{path} eq '/detokenize') {
        $answer = {($dialect eq 'llama' ? 'content' : 'text') => join '', map { chr } @{$asked->{tokens}}};
    } elsif (defined $text) {
        $answer = {tokens => $dialect eq 'words' ? [1 .. words($text)] : [map { ord } split //, $text]};
    } elsif ($dialect eq 'llama') {
        $answer = {tokens => []};
    } else {
        return http_answer(400, 'application/json', '{"error":{"message":"prompt is missing"}}');
    }
    return http_answer(200, 'application/json', $json->encode($answer));
}

sub words { return scalar(() = $_[0] =~ /\S+/g) }

sub read_request
{
    my ($socket, $pending) = @_;
    my $more = sub { sysread $socket, $$pending, 65536, length $$pending };
    until ($$pending =~ /\r\n\r\n/) { $more->() or return }
    $$pending =~ s/^(.*?)\r\n\r\n//s;
    my ($line, @headers) = split /\r\n/, $1;
    my ($method, $path) = split / /, $line;
    my %headers = map { /^([^:]+):\s*(.*)$/ ? (lc $1 => $2) : () } @headers;
    my $size = $headers{'content-length'} // 0;
    while (length $$pending < $size) { $more->() or return }
    return {
        method => $method, path => $path, headers => \%headers,
        body => substr($$pending, 0, $size, ''),
    };
}

sub note_request
{
    my ($path, $entry) = @_;
    open my $file, '>>', $path or return;
    flock $file, LOCK_EX;
    syswrite $file, JSON::PP->new->canonical->ascii->encode($entry) . "\n";
    close $file;
}

# Each piece is bytes to send or, as a reference to a number, seconds to wait.
sub send_bytes
{
    my ($socket, @pieces) = @_;
    for my $piece (@pieces) {
        if (ref $piece) {
            sleep $$piece;
            next;
        }
        for (my $at = 0; $at < length $piece;) {
            my $sent = syswrite $socket, $piece, length($piece) - $at, $at;
            return 0 unless $sent;
            $at += $sent;
        }
    }
    return 1;
}

# A stream without a length ends with its connection; so the bytes behind it are the test's alone.
sub stream_head
{
    my ($type) = @_;
    return "HTTP/1.1 200 OK\r\nContent-Type: " . ($type // 'text/event-stream')
        . "\r\nConnection: close\r\n\r\n";
}

sub http_answer
{
    my ($status, $type, $body) = @_;
    return "HTTP/1.1 $status Text\r\nContent-Type: $type\r\nContent-Length: " . length($body)
        . "\r\n\r\n$body";
}

sub DONE { return '[DONE]' }
sub sse { return join '', map { "data: $_\n\n" } @_ }

sub event
{
    my ($delta, $finish, $more) = @_;
    $finish = defined $finish ? qq("$finish") : 'null';
    return qq({"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":$delta,)
        . qq("finish_reason":$finish}]) . ($more // '') . '}';
}

sub text_event { return event(qq({"content":"$_[0]"})) }
sub finish_event { return event('{}', $_[0]) }

sub usage_event
{
    my ($prompt, $completion, $cached) = @_;
    my $details = defined $cached ? qq(,"prompt_tokens_details":{"cached_tokens":$cached}) : '';
    my $total = $prompt + $completion;
    return qq({"id":"c","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":$prompt,)
        . qq("completion_tokens":$completion,"total_tokens":$total$details}});
}

# ---- files

sub slurp
{
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    return scalar <$file> // '';
}

sub spew
{
    my ($path, @lines) = @_;
    open my $file, '>:raw', $path or die "$path: $!";
    print $file @lines;
    close $file or die "$path: $!";
    return "$path";
}

# A dataset file with a row for each prompt; numbers make as many rows "sample-0", "sample-1", …
sub dataset
{
    my ($path, @prompts) = @_;
    @prompts = map { "sample-$_ asks" } 0 .. $prompts[0] - 1 if @prompts == 1 && $prompts[0] =~ /^\d+$/;
    return spew($path, map { JSON::PP->new->utf8->encode({text => $_}) . "\n" } @prompts);
}

sub read_json { return JSON::PP->new->utf8->decode(slurp($_[0])) }
sub read_jsonl { return map { JSON::PP->new->utf8->decode($_) } split /\n/, slurp($_[0]) }

# Lines of cells; no file of a run has line breaks within a cell.
sub read_csv
{
    return map { [map { s/^"(.*)"$/$1/r =~ s/""/"/gr } /(?:^|,)("(?:[^"]|"")*"|[^,]*)/g] }
        split /\r?\n/, slurp($_[0]);
}

sub round_file
{
    my ($directory, $concurrency, $round) = @_;
    return read_json("$directory/concurrency_${concurrency}_round_$round.json");
}

sub requests_by_sample { return map { $_->{sample} => $_ } @{$_[0]{requests}} }

sub descriptors
{
    my ($pid) = @_;
    opendir my $folder, "/proc/$pid/fd" or return -1;
    return scalar grep { /^\d+$/ } readdir $folder;
}

sub wait_until
{
    my ($condition, $seconds) = @_;
    my $limit = time + ($seconds // 10);
    until ($condition->()) {
        return 0 if time > $limit;
        sleep 0.01;
    }
    return 1;
}

1;
