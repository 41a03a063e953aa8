// Sends a campaign as Go programs do: html/template for each recipient, and workers that keep
// their net/smtp connection. No ledger. Prints messages per second.
package main

import (
	"bytes"
	"fmt"
	htmltemplate "html/template"
	"mime/quotedprintable"
	"net/smtp"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	texttemplate "text/template"
	"time"
)

type person struct {
	Email, FirstName, LastName, Company, City, Country, Unsubscribe string
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func read(path string) string {
	data, err := os.ReadFile(path)
	must(err)
	return string(data)
}

func part(message *bytes.Buffer, subtype string, body []byte) {
	fmt.Fprintf(message, "--b\r\nContent-Type: text/%s; charset=utf-8\r\n", subtype)
	message.WriteString("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
	encoder := quotedprintable.NewWriter(message)
	_, err := encoder.Write(body)
	must(err)
	must(encoder.Close())
	message.WriteString("\r\n")
}

func main() {
	address, folder := os.Args[1], os.Args[2]
	messages, err := strconv.ParseInt(os.Args[3], 10, 64)
	must(err)
	connections, err := strconv.Atoi(os.Args[4])
	must(err)
	html := htmltemplate.Must(htmltemplate.New("html").Parse(read(folder + "/html")))
	text := texttemplate.Must(texttemplate.New("text").Parse(read(folder + "/text")))
	var next atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for range make([]struct{}, connections) {
		all.Add(1)
		go func() {
			defer all.Done()
			client, err := smtp.Dial(address)
			must(err)
			var body, message bytes.Buffer
			for number := next.Add(1); number <= messages; number = next.Add(1) {
				to := fmt.Sprintf("person%d@people.example.com", number)
				link := fmt.Sprintf("https://mail.example.com/u/%060d", number)
				who := person{to, fmt.Sprintf("Ada %d", number), "Löfgren", "Harbour & Sons", "Malmö", "Sweden", link}
				message.Reset()
				fmt.Fprintf(&message, "From: Shop <news@shop.example.com>\r\nTo: %s\r\n", to)
				fmt.Fprintf(&message, "Subject: News for %s\r\n", who.FirstName)
				fmt.Fprintf(&message, "Date: %s\r\n", time.Now().Format(time.RFC1123Z))
				fmt.Fprintf(&message, "Message-ID: <%d@shop.example.com>\r\n", number)
				fmt.Fprintf(&message, "List-Unsubscribe: <%s>\r\nMIME-Version: 1.0\r\n", link)
				message.WriteString("Content-Type: multipart/alternative; boundary=b\r\n\r\n")
				body.Reset()
				must(text.Execute(&body, who))
				part(&message, "plain", body.Bytes())
				body.Reset()
				must(html.Execute(&body, who))
				part(&message, "html", body.Bytes())
				message.WriteString("--b--\r\n")
				must(client.Mail("news@shop.example.com"))
				must(client.Rcpt(to))
				data, err := client.Data()
				must(err)
				_, err = data.Write(message.Bytes())
				must(err)
				must(data.Close())
			}
			must(client.Quit())
		}()
	}
	all.Wait()
	fmt.Printf("%.1f\n", float64(messages)/time.Since(start).Seconds())
}
