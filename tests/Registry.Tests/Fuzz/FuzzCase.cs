namespace Registry.Tests.Fuzz;

/// <summary>One sequence of requests. Seed and number decide all of it.</summary>
internal sealed class FuzzCase
{
    private readonly Random _random;

    private FuzzCase(Random random, string name, List<Message> messages) => (_random, Name, Messages) = (random, name, messages);

    public string Name { get; }

    public List<Message> Messages { get; }

    /// <summary>Requests that are all sent before the first answer is read.</summary>
    public bool IsPipelined { get; private init; }

    public static FuzzCase Make(Corpus corpus, int seed, int number)
    {
        var random = new Random(unchecked((seed * 1_000_003) + number));

        // The corpus as it is comes first, so that every run has something to fuzz; later on it keeps coming back.
        var sequence = number < corpus.Count ? number : random.Next(corpus.Count);
        var messages = corpus.Take(sequence, random);
        var spoilt = number >= corpus.Count && random.Next(8) > 0;
        if (spoilt)
        {
            Spoil(random, messages);
        }

        var pipelined = spoilt && random.Next(10) == 0;
        for (var more = pipelined ? random.Next(1, 4) : 0; more > 0; more--)
        {
            messages.AddRange(corpus.Take(random.Next(corpus.Count), random));
        }

        return new FuzzCase(random, corpus.NameOf(sequence), messages) { IsPipelined = pipelined };
    }

    /// <summary>The bytes of a request, now and then spoilt once more regardless of what they mean.</summary>
    public byte[] Bytes(Message message, string host, string location)
    {
        var copy = message.Copy();
        copy.Target = copy.Target.Replace("{location}", location, StringComparison.Ordinal);
        var bytes = copy.Bytes(host);
        if (message.IsFramed || _random.Next(6) > 0)
        {
            return bytes;
        }

        return ByteMutation.Apply(_random, bytes);
    }

    /// <summary>Where to cut what is sent into pieces.</summary>
    public int Cut(int length) => _random.Next(6) == 0 ? _random.Next(length + 1) : length;

    // Mostly one request of the sequence, so that those after it meet what it has left behind.
    private static void Spoil(Random random, List<Message> messages)
    {
        var mutation = new MessageMutation(random);
        foreach (var _ in Enumerable.Range(0, random.Of([1, 1, 1, 2, 2, 4])))
        {
            mutation.Apply(random.Of(messages));
        }

        switch (messages.Count > 1 ? random.Next(12) : -1)
        {
            case 0:
                messages.RemoveAt(random.Next(messages.Count));
                break;
            case 1:
                messages.Insert(random.Next(messages.Count + 1), random.Of(messages).Copy());
                break;
            case 2:
                messages.Reverse();
                break;
        }
    }
}
