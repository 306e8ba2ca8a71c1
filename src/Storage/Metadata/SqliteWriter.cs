using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Registry.Storage.Metadata;

/// <summary>
/// One thread that owns the only writing connection. It runs all waiting delegates in one transaction, each in a savepoint,
/// commits (and so syncs) once for all of them, and only then completes them. It alone checkpoints: SQLite 3.35 can corrupt a
/// WAL when two connections write and checkpoint.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    private const int MaxBatch = 256;

    private readonly SqliteConnection connection;
    private readonly Session session;
    private readonly Thread thread;
    private readonly Lock gate = new();
    private readonly ManualResetEventSlim arrived = new(false, spinCount: 0); // both cores have better things to do
    private List<Job> waiting = [];
    private bool stopping;
    private bool synced = true;

    public SqliteWriter(SqliteConnection connection)
    {
        this.connection = connection;
        session = new Session(connection, null, keepStatements: true, _ => ValueTask.CompletedTask);
        thread = new Thread(Run) { Name = "SQLite writer", IsBackground = true };
        thread.Start();
    }

    public Task<T> RunAsync<T>(Func<Session, Task<T>> work, Durability durability)
    {
        var job = new Job<T>(work, durability);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            waiting.Add(job);
        }

        arrived.Set();
        return job.Completion.Task;
    }

    public void Dispose()
    {
        lock (gate)
        {
            stopping = true;
        }

        arrived.Set();
        thread.Join();
        session.DisposeStatements();
        connection.Dispose();
        arrived.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            arrived.Wait();
            var batch = Take();
            if (batch.Count > 0)
            {
                RunBatch(batch);
            }
            else if (stopping)
            {
                return;
            }
        }
    }

    private List<Job> Take()
    {
        lock (gate)
        {
            var batch = waiting;
            if (batch.Count > MaxBatch)
            {
                waiting = batch[MaxBatch..];
                return batch[..MaxBatch];
            }

            waiting = [];
            if (!stopping)
            {
                arrived.Reset();
            }

            return batch;
        }
    }

    private void RunBatch(List<Job> batch)
    {
        try
        {
            Sync(batch.Exists(job => job.Durability == Durability.Synced));
            Execute("begin immediate");
            foreach (var job in batch)
            {
                RunOne(job);
            }

            Fault.Reach(FaultPoint.BeforeCommit);
            Execute("commit");
            Fault.Reach(FaultPoint.AfterCommit);
        }
#pragma warning disable CA1031 // the failure belongs to those who wait for the commit
        catch (Exception e)
#pragma warning restore CA1031
        {
            Rollback();
            batch.ForEach(job => job.Fail(e));
            return;
        }

        batch.ForEach(job => job.Complete());
    }

    private void RunOne(Job job)
    {
        Execute("savepoint job");
        try
        {
            job.Run(session);
        }
#pragma warning disable CA1031 // the failure belongs to this delegate, unless SQLite has undone the whole transaction
        catch (Exception e)
#pragma warning restore CA1031
        {
            // On a full disk or an I/O error SQLite rolls the whole transaction back by itself.
            if (raw.sqlite3_get_autocommit(connection.Handle) != 0)
            {
                throw;
            }

            Execute("rollback to job");
            job.Error = e;
        }

        Execute("release job");
    }

    private void Rollback()
    {
        if (raw.sqlite3_get_autocommit(connection.Handle) == 0)
        {
            try
            {
                Execute("rollback");
            }
            catch (SqliteException)
            {
                // Whatever made the commit fail undid it as well; the next "begin" tells.
            }
        }
    }

    private void Sync(bool wanted)
    {
        if (wanted != synced)
        {
            Execute(wanted ? "pragma synchronous=full" : "pragma synchronous=normal");
            synced = wanted;
        }
    }

    private void Execute(string sql) => session.Prepare(sql).ExecuteNonQuery();

    private abstract class Job(Durability durability)
    {
        public Durability Durability { get; } = durability;

        public Exception? Error { get; set; }

        public abstract void Run(Session session);

        public abstract void Complete();

        public abstract void Fail(Exception exception);
    }

    private sealed class Job<T>(Func<Session, Task<T>> work, Durability durability) : Job(durability)
    {
        private T? result;

        public TaskCompletionSource<T> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // The provider completes every call synchronously, so this blocks on nothing but the database.
        public override void Run(Session session) => result = work(session).GetAwaiter().GetResult();

        public override void Complete()
        {
            if (Error is null)
            {
                Completion.SetResult(result!);
            }
            else
            {
                Completion.SetException(Error);
            }
        }

        public override void Fail(Exception exception) => Completion.SetException(Error ?? exception);
    }
}
