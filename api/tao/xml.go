package tao

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"regexp"
)

// xmlName is a key that can be the name of an element as it is.
var xmlName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// encodeXML writes a value, as its JSON has it, below an element "root": members of objects as elements of their names, those of lists
// as elements "element". A key that cannot be a name stands in the attribute "key" of an "element".
func encodeXML(value any) ([]byte, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	t := translator{from: json.NewDecoder(bytes.NewReader(encoded)), to: xml.NewEncoder(&b)}
	t.from.UseNumber()
	t.to.Indent("", "  ")
	if err := t.value(xmlElement("root")); err != nil {
		return nil, fmt.Errorf("write the answer as XML: %w", err)
	}
	if err := t.to.Close(); err != nil {
		return nil, fmt.Errorf("write the answer as XML: %w", err)
	}
	return append(b.Bytes(), '\n'), nil
}

// translator writes JSON as XML, token by token, so that the order stays.
type translator struct {
	from *json.Decoder
	to   *xml.Encoder
}

// value writes the next value as an element.
func (t translator) value(start xml.StartElement) error {
	token, err := t.from.Token()
	if err != nil {
		return err
	}
	if err := t.to.EncodeToken(start); err != nil {
		return err
	}
	switch token := token.(type) {
	case nil:
	case json.Delim:
		if err := t.members(token == '{'); err != nil {
			return err
		}
	default:
		if err := t.to.EncodeToken(xml.CharData(fmt.Sprint(token))); err != nil {
			return err
		}
	}
	return t.to.EncodeToken(start.End())
}

// members writes the members of an object or a list that has been opened.
func (t translator) members(named bool) error {
	for t.from.More() {
		start := xmlElement("element")
		if named {
			key, err := t.from.Token()
			if err != nil {
				return err
			}
			start = xmlElement(fmt.Sprint(key))
		}
		if err := t.value(start); err != nil {
			return err
		}
	}
	_, err := t.from.Token() // what closes it
	return err
}

func xmlElement(name string) xml.StartElement {
	if xmlName.MatchString(name) {
		return xml.StartElement{Name: xml.Name{Local: name}}
	}
	return xml.StartElement{Name: xml.Name{Local: "element"}, Attr: []xml.Attr{{Name: xml.Name{Local: "key"}, Value: name}}}
}
