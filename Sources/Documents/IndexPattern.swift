/// A name in which `{index}` stands for a number.
struct IndexPattern {
    /// What stands for the number.
    static let placeholder = "{index}"

    /// What stands before, between and after the placeholders.
    private let pieces: [Substring]

    init(_ text: String) {
        pieces = text.split(separator: IndexPattern.placeholder, omittingEmptySubsequences: false)
    }

    /// Whether there is a place for a number at all.
    var hasIndex: Bool { pieces.count > 1 }

    /// Whether there are braces that are no placeholder.
    var hasOtherBraces: Bool {
        pieces.contains {
            $0.utf8.contains(UInt8(ascii: "{")) || $0.utf8.contains(UInt8(ascii: "}"))
        }
    }

    /// The name with `number` in place.
    func filled(with number: String) -> String {
        var name = String(pieces[0])
        for piece in pieces.dropFirst() {
            name += number
            name += piece
        }
        return name
    }
}
