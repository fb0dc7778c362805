#!/usr/bin/perl
# Without the screen: a terminal that is frozen, or a pipe that nobody reads, delays neither the run nor
# its end.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fcntl;
use Fluxperf;
use LongRun;
use POSIX qw(mkfifo);
use Pty;
use Test::More;
use Time::HiRes qw(sleep);

my $scratch = scratch;

sub requests { my ($directory) = @_; return scalar(() = slurp("$directory/journal.jsonl") =~ /"type":"request"/g) }

# Requests finish and are in the journal, again and again.
sub goes_on
{
    my ($directory) = @_;
    my $seen = 0;
    for (1 .. 3) {
        return 0 unless wait_until(sub { -e "$directory/journal.jsonl" && requests($directory) > $seen });
        $seen = requests($directory);
    }
    return 1;
}

# A pipe that is full from the start.
sub full_pipe
{
    my ($name) = @_;
    mkfifo("$scratch/$name", 0600) or die "mkfifo: $!";
    sysopen my $pipe, "$scratch/$name", O_RDWR | O_NONBLOCK or die "$name: $!";
    fcntl $pipe, 1031, 4096 or die "F_SETPIPE_SZ: $!";
    1 while syswrite $pipe, 'x' x 512;
    return {path => "$scratch/$name", fd => $pipe, text => ''};
}

sub read_pipe
{
    my ($pipe) = @_;
    while (sysread $pipe->{fd}, my $bytes, 65536) { $pipe->{text} .= $bytes }
    return $pipe->{text};
}

# What a run writes where: words for sh around it.
my %redirections = ('both on one pipe' => '>"$0" 2>&1', 'its report' => '>"$0"', 'its messages' => '2>"$0"');

for my $what (sort keys %redirections) {
    my $pipe = full_pipe($what =~ s/ /_/gr);
    my @wrap = (wrap => ['sh', '-c', "exec \"\$@\" $redirections{$what}", $pipe->{path}]);

    subtest "$what: SIGTERM" => sub {
        my ($words, $directory) = long_run(qw(--ui plain -n 8 --rounds 100));
        my $run = start({@wrap}, @$words[1 .. $#$words]);
        ok(goes_on($directory), 'the run goes on');
        ok(wait_until(sub { slurp("$directory/journal.jsonl") =~ /"type":"round_end".*"round":2/ }), 'round after round');
        kill TERM => $run->{pid};
        finish($run, 20);
        is($run->{exit}, 143, 'it ends at once');
        ok(-s "$directory/metrics_summary.csv", 'with its files');
    };

    subtest "$what: the end" => sub {
        my ($words, $directory) = long_run(qw(--ui plain -n 8 --rounds 3));
        my $run = start({@wrap}, @$words[1 .. $#$words]);
        ok(wait_until(sub { -s "$directory/metrics_summary.csv" }), 'files are written');
        sleep 0.3;
        is(waitpid($run->{pid}, POSIX::WNOHANG()), 0, 'what is not read yet is waited for');
        my $over = wait_until(sub { read_pipe($pipe); waitpid($run->{pid}, POSIX::WNOHANG()) != 0 });
        ok($over && $? == 0, 'and is read to its end');
        read_pipe($pipe);
        my $all = $pipe->{text} . slurp($run->{out_file}->filename) . slurp($run->{err_file}->filename);
        my @reports = $all =~ /Round (\d) Performance/g;
        is("@reports", '1 2 3', 'each table once');
        like($all, qr/files are in \Q$directory\E/, 'and every message');
    };
}

subtest 'a terminal that is frozen by ^S' => sub {
    my ($words, $directory) = long_run(qw(--ui plain --rounds 50));
    my $pty = Pty->new({rows => 24, cols => 100, stderr => '/dev/tty'}, @$words);
    ok($pty->read_until(qr/R1.*done/), 'progress is shown');
    $pty->type("\x13");
    sleep 0.5;
    ok(goes_on($directory), 'the run goes on');
    kill TERM => $pty->{pid};
    is($pty->finish_unread(20), 143, 'SIGTERM ends it at once');
    ok(-s "$directory/metrics_summary.csv", 'with its files');
};

subtest 'a terminal that goes on after ^Q' => sub {
    my ($words, $directory) = long_run(qw(--ui plain --rounds 50));
    my $pty = Pty->new({rows => 24, cols => 100, stderr => '/dev/tty'}, @$words);
    ok($pty->read_until(qr/R1.*done/), 'progress is shown');
    $pty->type("\x13");
    ok(goes_on($directory), 'the run goes on');
    $pty->keep;
    $pty->type("\x11");
    ok($pty->read_until(qr/R1.*done/), 'progress is shown again');
    $pty->type("\x03");
    is($pty->finish(20), 130, '^C ends it');
    like($pty->{out}, qr/stopping: files are written/, 'and is answered');
};

done_testing;
