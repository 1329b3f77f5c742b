import CLineEdit

/// What the user's locale (LC_ALL, LC_CTYPE, LANG) lets the terminal show.
public enum TerminalLocale {
  /// Whether text may leave ASCII.
  public static let isUTF8: Bool = {
    cle_set_locale()
    return cle_locale_is_utf8()
  }()

  /// The columns that `text`, free of control characters, takes on the screen.
  public static func width(of text: String) -> Int {
    _ = isUTF8
    // SAFETY: C reads the text during the call only.
    return unsafe Int(cle_display_width(text))
  }

  /// `text` as the terminal can show it: outside UTF-8 each other character becomes a `?`.
  static func shown(_ text: String) -> String {
    guard !isUTF8 else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isASCII ? $0 : "?" }))
  }
}
